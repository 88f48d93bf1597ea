import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { beforeAll, expect, it } from 'vitest'
import { runsRouter } from '../../agent-runtime/server.ts'
import { createApiKey, revokeApiKey } from '../../db/api-keys.ts'
import { signedIn } from './person.ts'
import { type Runtime, runtimeEnv, seqs, startRuntime } from './runtime.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await startRuntime(await runtimeEnv(), { agent: false, ingest: false })
})

/** A stream that the caller has open, and what it had said when it ended. */
async function open(path: string, headers: Record<string, string>, url = runtime.url) {
  const stop = new AbortController()
  const answer = await fetch(url + path, { headers, signal: stop.signal })
  return { answer, stop, text: () => answer.text() }
}

const newRun = async () => (await runtime.start({ question: 'What?' })).run_id
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

it('ends a stream soon after its key is revoked, and says why', { timeout: 120_000 }, async () => {
  const { services, projectId } = runtime
  const { key, id } = await createApiKey(services.postgres, { projectId, name: 'leaves' })
  const run = await runtime.start({ question: 'What?' })
  const revoked = await open(run.stream_url, bearer(key))
  const other = runtime.watch(run.run_id, { until: event => event.type === 'progress' })
  await revokeApiKey(services.postgres, { projectId, id })
  expect((await revoked.text()).split('\n\n').slice(-2)).toEqual([
    'event: closed\ndata: {"error":{"code":"unauthorized","message":"the API key is not valid: it is unknown or was revoked"}}',
    '',
  ])
  const writer = { runId: run.run_id, traceId: run.trace_id, attempt: 1 }
  await services.events.append(writer, [{ type: 'progress', data: { text: 'still here' } }])
  expect(seqs((await other).events)).toEqual([1, 2])
  expect((await open(run.stream_url, bearer(key))).answer.status).toBe(401)
})

it('ends the stream of a person who is no member any more', { timeout: 120_000 }, async () => {
  const { services, projectId } = runtime
  const id = await newRun()
  const person = await signedIn(services, projectId)
  const stream = await open(`/v1/runs/${id}/stream?project=${projectId}`, { cookie: person.cookie })
  expect(stream.answer.status).toBe(200)
  await services.postgres.sql`delete from members where user_id = ${person.userId}`
  expect(await stream.text()).toContain(
    `event: closed\ndata: {"error":{"code":"not_found","message":"there is no run ${id}"}}`,
  )
})

it('has room for so many streams of a project, and tells others when to come again', async () => {
  const app = express().use('/v1/runs', runsRouter(runtime.services, { streams: { each: 2 } }))
  const server = createServer(app)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const path = `/v1/runs/${await newRun()}/stream`
  const again = () => open(path, bearer(runtime.key), url)
  try {
    const first = await again()
    await again()
    const { answer } = await again()
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('15')
    expect(await answer.json()).toEqual({
      error: { code: 'too_many_streams', message: expect.stringContaining('too many streams') },
    })
    first.stop.abort()
    await expect.poll(async () => (await again()).answer.status).toBe(200)
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})
