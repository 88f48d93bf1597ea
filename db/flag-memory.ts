import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config } from './config.ts'
import { type Evaluation, evaluateKey } from './domain/flags/evaluate.ts'
import type { FlagSet } from './domain/flags/flag-set.ts'
import type { Doorbells } from './doorbells.ts'
import { keepFlags, readFlagFile } from './flag-file.ts'
import { type Changed, HeldFlags } from './flag-held.ts'
import { flagBell, readItems } from './flag-items.ts'
import {
  ackVersions,
  beatProcess,
  type FlagProcess,
  type Known,
  removeProcess,
  tellWorkflows,
} from './flag-processes.ts'
import { followTurns } from './flag-turns.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

/** Answers how many runs at work it stopped the model calls of. */
export type FlagListener = (changed: Changed) => number | undefined

/** All flags of all projects, in memory: asked without waiting, and in effect within milliseconds of a change. */
export type Flags = {
  set(projectId: string): FlagSet
  evaluate(projectId: string, key: string, context: unknown, now?: Date): Evaluation
  /** Of the newest change in effect here. */
  readonly version: number
  /** Where they came from; `nothing` while neither the database nor the data directory could be read. */
  readonly source: 'database' | 'disk' | 'nothing'
  /** Called after each change is in effect, before it is acknowledged; the answer stops it. */
  onChange(listener: FlagListener): () => void
  /** Looks for changes now; whether a version is in effect within the time. */
  reach(version: number, timeoutMs: number): Promise<boolean>
  /** Tells the dashboard what this process can run. */
  tell(known: Known): Promise<void>
  close(): Promise<void>
}

export type FlagTimes = { pollMs: number; openMs: number; writeMs: number }
const usualTimes: FlagTimes = { pollMs: 5_000, openMs: 5_000, writeMs: 500 }

/** A query that takes longer is one that will not come back: a connection that died without a word. */
const patienceMs = 10_000

type Options = {
  config: Pick<Config, 'dataDir' | 'roles'>
  postgres: Pick<Postgres, 'sql'>
  bells: Doorbells
  log: Logger
  times?: Partial<FlagTimes>
}

/**
 * Reads all flags and follows them: a doorbell tells of changes, a poll finds what a lost ring missed. Without the
 * database it begins with what the data directory kept, else with nothing, and reads on when it can.
 */
export async function openFlags({ config, postgres, bells, log, times = {} }: Options): Promise<Flags> {
  const { pollMs, openMs, writeMs } = { ...usualTimes, ...times }
  const self: FlagProcess = {
    id: randomBytes(8).toString('hex'),
    name: `${hostname()}:${process.pid}`,
    roles: config.roles,
    workflows: [],
    providers: [],
  }
  const disk = keepFlags({ dataDir: config.dataDir, log, writeMs })
  const turns = followTurns(notify)
  let held = new HeldFlags()
  let source: Flags['source'] = 'nothing'
  const listeners = new Set<FlagListener>()
  let acked = 0
  let stoppedRuns = 0
  let failing = false
  let closed = false

  async function look() {
    const into = held
    const items = await readItems(postgres, into.version)
    // It hung, and what was held is by now of another history.
    if (into !== held) return
    source = 'database'
    if (items.length > 0) {
      notify(held.apply(items))
      disk.keep(() => held.items())
      turns.plan(held)
    }
    await acknowledge()
    if (failing) log.info('flags follow the database again')
    failing = false
  }

  function notify(changed: Changed) {
    for (const listener of listeners) {
      try {
        stoppedRuns += listener(changed) ?? 0
      } catch (error) {
        log.error('a change of flags could not be acted upon', { error })
      }
    }
  }

  async function acknowledge() {
    if (acked >= held.version) return
    const upTo = held.version
    const runs = stoppedRuns
    await ackVersions(postgres, self, { after: acked, upTo, runs })
    acked = upTo
    stoppedRuns -= runs
  }

  const refresh = coalesced(() =>
    within(patienceMs, look()).catch(error => {
      if (!failing && !closed) log.warn('flags cannot be read; the last known ones serve', { error, source })
      failing = true
    }),
  )

  async function beat() {
    const { version } = held
    const newest = await beatProcess(postgres, self)
    // A database put back from a backup counts from an earlier version: what is held is of another history. What was
    // taken in during the beat is no sign of that.
    if (newest < version) {
      const fresh = new HeldFlags()
      fresh.apply(await readItems(postgres, 0))
      held = fresh
      acked = 0
      notify('all')
      disk.keep(() => held.items())
      turns.plan(held)
    }
    if (newest !== held.version || acked < held.version || failing) await refresh()
  }

  async function start() {
    await beatProcess(postgres, self)
    await refresh()
  }
  const unlisten = bells.listen(flagBell, () => void refresh())
  unlisten.catch(() => {})
  await within(openMs, Promise.all([unlisten, start()])).catch(error => {
    failing = true
    log.warn('flags cannot be read at the start', { error })
  })
  if (source === 'nothing') {
    const kept = await readFlagFile(config.dataDir)
    if (kept && held.version === 0) {
      held.apply(kept)
      source = 'disk'
      turns.plan(held)
      log.warn('flags are those that the data directory kept', { version: held.version })
    }
  }
  let beating = false
  const poll = setInterval(() => {
    if (beating) return
    beating = true
    within(patienceMs, beat())
      .catch(error => {
        if (!failing && !closed) log.warn('the database does not answer; the last known flags serve', { error })
        failing = true
      })
      .finally(() => {
        beating = false
      })
  }, pollMs)
  poll.unref()

  return {
    set: projectId => held.set(projectId),
    evaluate: (projectId, key, context, now = new Date()) => evaluateKey(key, context, now, held.set(projectId)),
    get version() {
      return held.version
    },
    get source() {
      return source
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async reach(version, timeoutMs) {
      if (held.version >= version) return true
      await within(timeoutMs, refresh()).catch(() => {})
      return held.version >= version
    },
    async tell(known) {
      Object.assign(self, known)
      await tellWorkflows(postgres, self)
    },
    async close() {
      closed = true
      clearInterval(poll)
      turns.stop()
      await disk.flush()
      unlisten.then(stop => stop()).catch(() => {})
      await within(1_000, removeProcess(postgres, self)).catch(() => {})
    },
  }
}

/** One at a time: who asks while it is at work gets an answer that began after the asking. */
function coalesced(work: () => Promise<void>): () => Promise<void> {
  let asked = 0
  let running: Promise<void> | undefined
  async function run() {
    for (let done = 0; done < asked; ) {
      const upTo = asked
      await work()
      done = upTo
    }
    asked = 0
    running = undefined
  }
  return () => {
    asked++
    running ??= run()
    return running
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
