import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drainPending, Session } from 'chdb'
import { baseSettings, engineConfig } from './engine-settings.ts'
import { literal, SqlError } from './sql-text.ts'

/** What one query sets for itself: settings and `{name:Type}` parameters, the latter in ClickHouse's escaped text. */
export type Overrides = { settings?: Record<string, string>; parameters?: Record<string, string> }

type Lane = { idle: Pooled[]; waiting: ((session: Pooled) => void)[] }
type Pooled = { session: Session; mark: string; lane: Lane }
export type Engine = ReturnType<typeof openEngine>

const mostWaiting = 2000
const longestWaitMs = 30_000

/**
 * chDB on a directory, with a pool of sessions. A session runs one query at a time, so reads and writes have lanes of
 * their own: neither a page behind an import nor an import behind a heavy page. Together with one session for
 * control they stay below the 16 threads of libuv's pool, which also serves files.
 */
export function openEngine({ dataDir, memoryBytes }: { dataDir: string; memoryBytes: number }) {
  const temporary = join(dataDir, 'tmp')
  mkdirSync(temporary, { recursive: true })
  const configFile = join(dataDir, 'engine.xml')
  writeFileSync(configFile, engineConfig({ memoryBytes, temporary }))
  const base = baseSettings(memoryBytes)
  const all = new Set<Session>()
  let count = 0

  const open = (lane: Lane): Pooled => {
    const session = new Session(join(dataDir, 'store'), { connectionArgs: [`--config-file=${configFile}`] })
    all.add(session)
    const mark = `davylamp-${++count}`
    session.query(`set ${assignments({ ...base, log_comment: mark })}`)
    return { session, mark, lane }
  }
  const openLane = (size: number): Lane => {
    const lane: Lane = { idle: [], waiting: [] }
    for (let i = 0; i < size; i++) lane.idle.push(open(lane))
    return lane
  }
  const reads = openLane(8)
  const writes = openLane(4)
  const control = open({ idle: [], waiting: [] })

  /** Runs `work` on a free session of the lane, with the overrides in force for it alone. */
  async function use<T>(lane: 'reads' | 'writes', overrides: Overrides, work: (run: Run) => Promise<T>): Promise<T> {
    const pooled = await take(lane === 'reads' ? reads : writes)
    const settings = changed(base, overrides.settings)
    let spoilt = false
    let failed = true
    const spoil = () => {
      spoilt = true
    }
    const run: Run = { session: pooled.session, cancel: () => cancel(pooled.mark), spoil }
    try {
      const prelude = { ...settings, ...prefixed(overrides.parameters) }
      if (Object.keys(prelude).length > 0) await pooled.session.queryAsync(`set ${assignments(prelude)}`)
      const done = await work(run)
      failed = false
      return done
    } finally {
      if (!spoilt && failed) spoilt = !(await empty(pooled))
      if (!spoilt) spoilt = !(await restore(pooled, settings, overrides.parameters))
      release(spoilt ? replace(pooled) : pooled)
    }
  }

  /** What a query had made before it failed would else be the beginning of the session's next answer, to anybody. */
  const empty = ({ session }: Pooled) => works(session.queryAsync('select 1'))

  async function restore({ session }: Pooled, settings: Record<string, string>, parameters = {}) {
    const back = Object.keys(settings).map(
      name => `${name} = ${base[name] === undefined ? 'default' : literal(base[name])}`,
    )
    const emptied = largeOnes(prefixed(parameters)).map(name => `${name} = ''`)
    if (back.length + emptied.length === 0) return true
    return works(session.queryAsync(`set ${[...back, ...emptied].join(', ')}`))
  }

  function replace(pooled: Pooled) {
    all.delete(pooled.session)
    pooled.session.close()
    return open(pooled.lane)
  }

  function take(lane: Lane): Promise<Pooled> | Pooled {
    const free = lane.idle.pop()
    if (free) return free
    if (lane.waiting.length >= mostWaiting) throw tooMany(`${mostWaiting} queries wait already`)
    return new Promise((resolve, reject) => {
      const next = (pooled: Pooled) => {
        clearTimeout(timer)
        resolve(pooled)
      }
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(next), 1)
        reject(tooMany(`no session came free within ${longestWaitMs / 1000} s`))
      }, longestWaitMs)
      lane.waiting.push(next)
    })
  }

  function release(pooled: Pooled) {
    const next = pooled.lane.waiting.shift()
    if (next) next(pooled)
    else pooled.lane.idle.push(pooled)
  }

  /** Aborting in JavaScript would not stop the engine; only a kill from another session does. */
  async function cancel(mark: string) {
    await control.session.queryAsync(`kill query where Settings['log_comment'] = ${literal(mark)} async`)
  }

  /** Closing waits for what runs, so that is killed first. */
  async function close() {
    await control.session.queryAsync(`kill query where Settings['log_comment'] like 'davylamp-%' async`).catch(() => {})
    for (const session of all) session.close()
    await drainPending()
  }

  return { use, close }
}

export type Run = {
  session: Session
  /** Stops what runs on the session now. */
  cancel(): Promise<void>
  /** Says that the session is not to be used again. */
  spoil(): void
}

const tooMany = (why: string) =>
  new SqlError(202, `Too many simultaneous queries: ${why}. (TOO_MANY_SIMULTANEOUS_QUERIES)`)
const works = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

/** The settings that are not so already. A session is known to others by its comment, which stays. */
const changed = (base: Record<string, string>, { log_comment: _, ...settings }: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(settings).filter(([name, value]) => base[name] !== value))
/** No query is run without values of its own, so old ones are emptied only for the room they take. */
const largeOnes = (values: Record<string, string>) => Object.keys(values).filter(name => values[name]!.length > 4096)
const prefixed = (parameters: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`param_${name}`, value]))
const assignments = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name} = ${literal(value)}`)
    .join(', ')
