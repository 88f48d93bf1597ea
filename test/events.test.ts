import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NewRunEvent, runEventData } from '../db/domain/run.ts'
import { FencedError } from '../db/event-log.ts'
import { openRunEvents, type RunEventLog, type RunRef } from '../db/events.ts'
import { createLogger } from '../db/log.ts'
import { createProject } from '../db/projects.ts'
import { createRun } from '../db/runs.ts'
import { testStores } from './setup/context.ts'
import { startRedis, type TestRedis } from './setup/redis.ts'

const progress = (text: string): NewRunEvent => ({ type: 'progress', data: { text } })
const done: NewRunEvent = { type: 'done', data: { result: { answer: '42' }, served_by: 'ai' } }
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

const stores = testStores()

describe.each(['Postgres', 'Redis'] as const)('the event log of runs on %s', store => {
  let redis: TestRedis | undefined
  let log: RunEventLog
  let projectId: string
  /** A second process: its own connections to the same store. */
  let elsewhere: RunEventLog

  beforeAll(async () => {
    redis = store === 'Redis' ? await startRedis() : undefined
    const open = () => openRunEvents({ ...stores, config: { redisUrl: redis?.url }, log: createLogger('error') })
    log = await open()
    elsewhere = await open()
    projectId = await createProject(stores.postgres, { name: 'Test' })
  })
  afterAll(async () => {
    await log.close()
    await elsewhere.close()
    await redis?.stop()
  })

  async function newRun(): Promise<RunRef & { traceId: string }> {
    const id = `run_${randomBytes(8).toString('hex')}`
    const traceId = randomBytes(16).toString('hex')
    const limits = { maxQueuedRuns: 1000, maxRunsPerUser: 1000 }
    await createRun(stores.postgres, { id, projectId, traceId, workflow: 'w', workflowVersion: '1', input: {} }, limits)
    return { runId: id, projectId, traceId }
  }
  const writer = (run: { runId: string; traceId: string }, attempt = 1) => ({ ...run, attempt })

  it('numbers events densely from 1, across batches and attempts', async () => {
    const run = await newRun()
    expect((await log.append(writer(run, 0), [progress('a'), progress('b')])).map(({ seq }) => seq)).toEqual([1, 2])
    expect((await elsewhere.append(writer(run, 1), [progress('c')])).map(({ seq }) => seq)).toEqual([3])
    const events = await log.read(run, 0, 100)
    expect(events.map(({ seq, attempt, data }) => [seq, attempt, data])).toEqual([
      [1, 0, { text: 'a' }],
      [2, 0, { text: 'b' }],
      [3, 1, { text: 'c' }],
    ])
    expect(events[0]).toMatchObject({ v: 1, run_id: run.runId, trace_id: run.traceId, type: 'progress' })
    expect(await log.head(run)).toEqual({ seq: 3, ended: false })
  })

  it('begins once, whoever begins at one time', async () => {
    const run = await newRun()
    const told = await Promise.all(
      upTo(8).map(n => (n % 2 ? log : elsewhere).begin(writer(run, 0), progress(`process ${n}`))),
    )
    expect(told.filter(Boolean)).toHaveLength(1)
    await log.append(writer(run, 1), [progress('work')])
    expect(await elsewhere.begin(writer(run, 2), progress('again'))).toBe(false)
    const events = await log.read(run, 0, 100)
    expect(events.map(({ seq, data }) => [seq, data])).toEqual([
      [1, { text: `process ${told.indexOf(true) + 1}` }],
      [2, { text: 'work' }],
    ])
    expect(await log.head(run)).toEqual({ seq: 2, ended: false })
  })

  it('reads pages after a cursor, and nothing for a run without events', async () => {
    const run = await newRun()
    expect(await log.head(run)).toBeUndefined()
    expect(await log.read(run, 0, 10)).toEqual([])
    await log.append(
      writer(run),
      upTo(25).map(n => progress(String(n))),
    )
    expect((await log.read(run, 10, 10)).map(({ seq }) => seq)).toEqual(upTo(10).map(n => n + 10))
    expect(await log.read(run, 25, 10)).toEqual([])
  })

  it('refuses an attempt below one that has written, and everything after the terminal event', async () => {
    const run = await newRun()
    await log.append(writer(run, 1), [progress('first worker')])
    await elsewhere.append(writer(run, 2), [progress('second worker')])
    await expect(log.append(writer(run, 1), [progress('back from the dead')])).rejects.toThrow(FencedError)
    await elsewhere.append(writer(run, 2), [done])
    await expect(elsewhere.append(writer(run, 2), [done])).rejects.toThrow(FencedError)
    await expect(log.append(writer(run, 3), [progress('late')])).rejects.toThrow(FencedError)
    expect((await log.read(run, 0, 100)).map(({ type }) => type)).toEqual(['progress', 'progress', 'done'])
    expect(await log.head(run)).toEqual({ seq: 3, ended: true })
  })

  it('keeps numbers dense when two processes append at once', async () => {
    const run = await newRun()
    const appends = upTo(60).map(n =>
      (n % 2 ? log : elsewhere).append(writer(run), [progress(`${n}a`), progress(`${n}b`)]),
    )
    const made = (await Promise.all(appends)).map(events => events.map(({ seq }) => seq))
    expect(made.flat().sort((a, b) => a - b)).toEqual(upTo(120))
    const events = await log.read(run, 0, 1000)
    expect(events.map(({ seq }) => seq)).toEqual(upTo(120))
    for (const [first = 0, second] of made) expect(second).toBe(first + 1)
  })

  it('shows every reader exactly 1..n: early, late, and torn off again and again', async () => {
    const run = await newRun()
    const total = 400
    async function readToEnd(log: RunEventLog, { startAt = 0, tearEvery = Number.POSITIVE_INFINITY }) {
      while (((await log.head(run))?.seq ?? 0) < startAt) await new Promise(resolve => setTimeout(resolve, 5))
      const seen: number[] = []
      for (;;) {
        let ring = () => {}
        let rung = false
        const stop = await log.subscribe(run.runId, () => {
          rung = true
          ring()
        })
        for (let since = 0; since < tearEvery; ) {
          const page = await log.read(run, seen.at(-1) ?? 0, 7)
          seen.push(...page.map(({ seq }) => seq))
          since += page.length
          if (page.at(-1)?.type === 'done') {
            stop()
            return seen
          }
          if (page.length > 0) continue
          if (!rung) await new Promise<void>(resolve => (ring = resolve))
          rung = false
        }
        stop()
      }
    }
    const readers = [
      ...upTo(10).map(() => readToEnd(elsewhere, {})),
      ...upTo(10).map(n => readToEnd(log, { startAt: n * 30 })),
      ...upTo(10).map(n => readToEnd(elsewhere, { startAt: n * 20, tearEvery: 11 })),
    ]
    for (let n = 0; n < total; n += 4) {
      await log.append(
        writer(run),
        upTo(4).map(i => progress(String(n + i))),
      )
      if (n % 40 === 0) await new Promise(resolve => setTimeout(resolve, 2))
    }
    await log.append(writer(run), [done])
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(upTo(total + 1))
  })

  it('rings listeners of that run only, until they stop listening', async () => {
    const [run, other] = [await newRun(), await newRun()]
    let rings = 0
    const stop = await elsewhere.subscribe(run.runId, () => rings++)
    await log.append(writer(other), [progress('not yours')])
    await log.append(writer(run), [progress('yours')])
    await expect.poll(() => rings).toBe(1)
    stop()
    await log.append(writer(run), [progress('unheard')])
    await log.append(writer(other), [progress('not yours')])
    expect(rings).toBe(1)
  })

  it('tells the worker that holds a run to look', async () => {
    const run = await newRun()
    let looks = 0
    const stop = await log.onNudge(run.runId, () => looks++)
    await elsewhere.nudge(run.runId)
    await expect.poll(() => looks).toBe(1)
    stop()
  })

  it('archives an ended run whole, and reads it from there once the live log is gone', async () => {
    const run = await newRun()
    await log.append(
      writer(run),
      upTo(1200).map(n => progress(String(n))),
    )
    await log.append(writer(run), [done])
    const live = [...(await log.read(run, 0, 1000)), ...(await log.read(run, 1000, 1000))]
    await log.archive(run)
    await log.archive(run)
    await log.trim([run.runId])
    expect([...(await elsewhere.read(run, 0, 1000)), ...(await elsewhere.read(run, 1000, 1000))]).toEqual(live)
    expect(await elsewhere.head(run)).toEqual({ seq: 1201, ended: true })
    expect(await elsewhere.read({ ...run, projectId: 'another' }, 0, 10)).toEqual([])
  })

  it('hears again after the listening connection was cut', async () => {
    const run = await newRun()
    let rings = 0
    const stop = await elsewhere.subscribe(run.runId, () => rings++)
    if (redis) await cutRedis(redis.url)
    else
      await stores.postgres
        .sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen davylamp%' and datname = current_database()`
    await expect.poll(() => rings).toBeGreaterThan(0)
    const before = rings
    await log.append(writer(run), [progress('after the cut')])
    await expect.poll(() => rings).toBeGreaterThan(before)
    stop()
  })

  it('keeps every type of event as it was written', async () => {
    const run = await newRun()
    const value = { text: 'quotes " and \\ and \n and 🜂 and \u0001', nested: [1, null, { a: true }] }
    await log.append(writer(run), [
      {
        type: 'tool.end',
        data: { tool_id: 't', name: 'x', outcome: 'ok', result: value },
        node: 'act',
        task_id: 'k',
        span_id: 's',
      },
    ])
    const [event] = await log.read(run, 0, 1)
    expect(event).toMatchObject({ type: 'tool.end', node: 'act', task_id: 'k', span_id: 's', data: { result: value } })
    expect(runEventData['tool.end'].parse(event?.data)).toEqual(event?.data)
  })

  it('writes U+FFFD for NUL and for half of a character, and nothing else', async () => {
    const run = await newRun()
    const text = (nul: string, half: string) => `a${nul}b ${half}. \\u0000 \u0001 🜂`
    await log.begin(writer(run), progress(text('\0', '🜂'.slice(1))))
    await log.append(writer(run), [progress(text('\0', '🜂'.slice(0, 1))), done])
    const events = await elsewhere.read(run, 0, 10)
    expect(events.slice(0, 2).map(({ data }) => data)).toEqual(upTo(2).map(() => ({ text: text('\ufffd', '\ufffd') })))
    expect(events.at(-1)?.type).toBe('done')
  })
})

async function cutRedis(url: string) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url)
  await redis.call('client', 'kill', 'type', 'pubsub')
  redis.disconnect()
}
