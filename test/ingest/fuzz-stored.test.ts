import { expect, it } from 'vitest'
import { decodeTracesJson } from '../../ingest/otlp/json.ts'
import { decodeTraces } from '../../ingest/otlp/protobuf.ts'
import { mapRequest } from '../../ingest/trace-intake.ts'
import { mutant } from './fuzz/run.ts'
import { ingestServer } from './server.ts'

const server = await ingestServer()
const types = { protobuf: 'application/x-protobuf', json: 'application/json' }

it('mutants that are sent to the server are refused with 400, or stored: each sound span of theirs, once', async () => {
  const sender = await server.newSender()
  const wanted = new Set<string>()
  const statuses = { 200: 0, 400: 0 }
  const numbers = Array.from({ length: 600 }, (_, at) => at).filter(number => number % 4 < 2)
  for (const number of numbers) {
    const { encoding, bytes } = mutant(99, number)
    const answer = await sender.post('/v1/traces', bytes, { 'content-type': types[encoding] })
    expect([200, 400]).toContain(answer.status)
    statuses[answer.status as 200 | 400] += 1
    if (answer.status !== 200 || bytes.length === 0) continue
    const resources = encoding === 'json' ? decodeTracesJson(bytes) : decodeTraces(bytes)
    for (const { traceId, spanId } of mapRequest(resources, Date.now()).spans) wanted.add(`${traceId}/${spanId}`)
  }
  expect(statuses[200]).toBeGreaterThan(50)
  expect(statuses[400]).toBeGreaterThan(50)
  expect(await sender.spanCount()).toBe(wanted.size)
  expect(await sender.traceTotals()).toMatchObject({ spans: wanted.size })
}, 120_000)
