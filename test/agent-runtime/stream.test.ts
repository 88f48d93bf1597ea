import { get } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mergeTokens } from '../../agent-runtime/stream.ts'
import type { NewRunEvent, RunEvent } from '../../db/domain/run.ts'
import { type Runtime, runtimeEnv, seqs, startRuntime, upTo } from './runtime.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await startRuntime(await runtimeEnv(), { agent: false, ingest: false })
})
afterAll(() => runtime.stop())

const progress = (n: number): NewRunEvent => ({ type: 'progress', data: { text: `step ${n}` } })
const done: NewRunEvent = { type: 'done', data: { result: { answer: '42' }, served_by: 'ai' } }

/** A queued run (one event) that the test writes on as a worker would. */
async function newRun() {
  const { run_id, trace_id } = await runtime.start({ question: 'What?' })
  const append = (...events: NewRunEvent[]) =>
    runtime.services.events.append({ runId: run_id, traceId: trace_id, attempt: 1 }, events)
  return { id: run_id, append }
}

it('sends the headers of a stream that no proxy may hold back, at once', async () => {
  const { id } = await newRun()
  const stop = new AbortController()
  const answer = await fetch(`${runtime.url}/v1/runs/${id}/stream?after=1`, {
    headers: { authorization: `Bearer ${runtime.key}`, 'accept-encoding': 'gzip' },
    signal: stop.signal,
  })
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  expect(answer.headers.get('content-encoding')).toBeNull()
  const { value } = await answer.body!.getReader().read()
  expect(new TextDecoder().decode(value)).toBe('retry: 2000\n\n')
  stop.abort()
})

it.each([
  ['nothing', {}, 1],
  ['Last-Event-ID', { lastEventId: '3' }, 4],
  ['?after=', { after: '5' }, 6],
  ['both, of which the header counts', { lastEventId: '3', after: '5' }, 4],
  ['-1, as LangGraph clients send it', { lastEventId: '-1' }, 1],
  ['garbage', { lastEventId: 'abc' }, 1],
  ['a fraction', { after: '2.5' }, 1],
  ['nothing at all in the header', { lastEventId: '' }, 1],
  ['a number beyond the head, which means the head', { after: '4000' }, 8],
] as const)('begins after the cursor given by %s', async (_, cursor, first) => {
  const { id, append } = await newRun()
  await append(...upTo(6).map(progress))
  const reading = runtime.watch(id, { ...cursor, until: event => event.type === 'done' })
  // Written once the reader is there, so that a cursor beyond the head has something to wait for.
  await new Promise(resolve => setTimeout(resolve, 100))
  await append(done)
  expect(seqs((await reading).events)).toEqual(upTo(8).slice(first - 1))
})

it('ends after the terminal event, and answers 204 to a reader that has it', async () => {
  const { id, append } = await newRun()
  await append(progress(1), done)
  expect(seqs((await runtime.watch(id)).events)).toEqual([1, 2, 3])
  expect((await runtime.watch(id, { lastEventId: '3' })).status).toBe(204)
  expect((await runtime.watch(id, { after: '99' })).status).toBe(204)
  expect(seqs((await runtime.watch(id, { lastEventId: '2' })).events)).toEqual([3])
})

it('writes id, event and data of each event, one line each', async () => {
  const { id, append } = await newRun()
  await append({ type: 'token', data: { message_id: 'm', text: 'two\nlines' } }, done)
  const text = await (
    await fetch(`${runtime.url}/v1/runs/${id}/stream`, { headers: { authorization: `Bearer ${runtime.key}` } })
  ).text()
  const blocks = text.split('\n\n').filter(Boolean)
  expect(blocks[0]).toBe('retry: 2000')
  expect(blocks[2]).toMatch(/^id: 2\nevent: token\ndata: \{.*"two\\nlines".*\}$/)
})

it('filters by type without renumbering, and always ends', async () => {
  const { id, append } = await newRun()
  await append(progress(1), { type: 'token', data: { message_id: 'm', text: 'x' } }, progress(2), done)
  const text = await (
    await fetch(`${runtime.url}/v1/runs/${id}/stream?types=progress`, {
      headers: { authorization: `Bearer ${runtime.key}` },
    })
  ).text()
  expect([...text.matchAll(/^id: (\d+)$/gm)].map(match => match[1])).toEqual(['2', '4', '5'])
})

it('shows the run as it is to a reader whose cursor lies before what is kept', async () => {
  const { id, append } = await newRun()
  await append(...upTo(6).map(progress))
  await runtime.services.postgres.sql`delete from run_events where run_id = ${id} and seq <= 4`
  const reading = runtime.watch(id, { until: event => event.type === 'done' })
  await append(done)
  const { events } = await reading
  expect(events.map(({ type, seq }) => [seq, type])).toEqual([
    [4, 'resync'],
    [5, 'progress'],
    [6, 'progress'],
    [7, 'progress'],
    [8, 'done'],
  ])
  expect(events[0]?.data).toMatchObject({ status: 'queued' })
})

it('gives a reader that does not read tokens joined, and loses none of the text', async () => {
  const { id, append } = await newRun()
  const total = 3000
  const filler = 'x'.repeat(700)
  const text = await new Promise<string>((resolve, reject) => {
    get(`${runtime.url}/v1/runs/${id}/stream`, { headers: { authorization: `Bearer ${runtime.key}` } }, answer => {
      let all = ''
      answer.setEncoding('utf8')
      answer.on('data', chunk => (all += chunk))
      answer.on('end', () => resolve(all))
      // The reader stops reading while tokens pile up.
      answer.pause()
      const write = async () => {
        for (let n = 0; n < total; n += 100)
          await append(
            ...upTo(100).map(
              (i): NewRunEvent => ({ type: 'token', data: { message_id: 'm', text: `${n + i} ${filler}|` } }),
            ),
          )
        await append(done)
        answer.resume()
      }
      write().catch(reject)
    })
  })
  const events = text
    .split('\n\n')
    .flatMap(block => (/^data: (.*)$/m.exec(block) ? [JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as RunEvent] : []))
  const tokens = events.flatMap(event => (event.type === 'token' ? [event] : []))
  expect(tokens.length).toBeLessThan(total)
  expect(
    tokens
      .map(({ data }) => data.text)
      .join('')
      .split('|')
      .filter(Boolean)
      .map(part => Number(part.split(' ')[0])),
  ).toEqual(upTo(total))
  expect(tokens.at(-1)?.seq).toBe(total + 1)
  expect(events.at(-1)?.type).toBe('done')
})

it('lets go of a reader that left while its stream was being opened', async () => {
  const { id } = await newRun()
  const { events } = runtime.services
  const { head, subscribe } = events
  let listening = 0
  events.subscribe = async (...args) => {
    const stop = await subscribe(...args)
    listening++
    return () => {
      listening--
      stop()
    }
  }
  const stop = new AbortController()
  const opening = new Promise<void>(resolve => {
    events.head = async ref => {
      stop.abort()
      // Time for the server to see that its reader is gone.
      await new Promise(seen => setTimeout(seen, 200))
      const found = await head(ref)
      resolve()
      return found
    }
  })
  const headers = { authorization: `Bearer ${runtime.key}` }
  await fetch(`${runtime.url}/v1/runs/${id}/stream`, { headers, signal: stop.signal }).catch(() => {})
  await opening
  Object.assign(events, { head })
  expect((await runtime.watch(id, { until: () => true })).events).toHaveLength(1)
  await expect.poll(() => listening, { timeout: 20_000 }).toBe(0)
  Object.assign(events, { subscribe })
})

it('joins tokens of one message only', () => {
  const token = (seq: number, message_id: string): RunEvent => ({
    v: 1,
    run_id: 'r',
    seq,
    attempt: 1,
    at: '',
    trace_id: 't',
    type: 'token',
    data: { message_id, text: `${seq} ` },
  })
  const merged = mergeTokens([token(1, 'a'), token(2, 'a'), token(3, 'b'), token(4, 'a')])
  expect(merged.map(({ seq, data }) => [seq, data])).toEqual([
    [2, { message_id: 'a', text: '1 2 ' }],
    [3, { message_id: 'b', text: '3 ' }],
    [4, { message_id: 'a', text: '4 ' }],
  ])
})

it('sends a comment now and then while nothing happens', { timeout: 30_000 }, async () => {
  const { id } = await newRun()
  const stop = new AbortController()
  const answer = await fetch(`${runtime.url}/v1/runs/${id}/stream`, {
    headers: { authorization: `Bearer ${runtime.key}` },
    signal: stop.signal,
  })
  let text = ''
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    if (/^: /m.test(text)) break
  }
  stop.abort()
  expect(text).toMatch(/^: still here$/m)
})
