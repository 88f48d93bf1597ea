import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { offloadAbove } from '../../db/domain/offload.ts'
import { exportSpans, getSpan } from '../../db/trace-spans.ts'
import { collect } from '../factories.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const server = await ingestServer()
const { clickhouse } = server.services
const now = Date.now()
const windowOf = ({ projectId }: Sender, traceId: string) => ({
  projectId,
  traceId,
  fromMs: now - 60_000,
  toMs: now + 60_000,
})
const prompt = (bytes: number) => randomBytes(bytes / 2).toString('hex')
const payloads = z.object({ n: z.coerce.number(), bytes: z.coerce.number() })
const payloadsOf = async (sender: Sender) => {
  const sql = `select uniqExact(hash) as n, sum(length(content)) as bytes from
    (select hash, content from payloads where project_id = {project:String} limit 1 by hash)`
  return (await sender.query(sql, payloads))[0]
}
const rows = z.object({ most: z.coerce.number(), n: z.coerce.number() })
const rowsOf = async (sender: Sender) => {
  const sql = `select count() as n, max(length(input) + length(output) + length(tool_result) + length(toString(attributes))) as most
    from spans where project_id = {project:String}`
  return (await sender.query(sql, rows))[0]
}

describe('a prompt of 10 MB', () => {
  it('is stored whole out of line, once however often it comes, and read whole', async () => {
    const sender = await server.newSender()
    const other = await server.newSender()
    const traceId = hex(16)
    const input = JSON.stringify([{ role: 'user', content: prompt(10_000_000) }])
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': input,
      custom: 'y'.repeat(offloadAbove * 2),
    }
    const spans = [1, 2, 3].map(() => jsonSpan({ traceId, attributes }))
    for (const one of spans) expect((await sender.sendJson(jsonRequest([one]))).status).toBe(200)
    expect((await sender.sendJson(jsonRequest(spans.slice(0, 1)))).status).toBe(200)
    expect(await rowsOf(sender)).toMatchObject({ n: 3 })
    expect((await rowsOf(sender))?.most).toBeLessThan(20_000)
    expect(await payloadsOf(sender)).toEqual({ n: 2, bytes: input.length + offloadAbove * 2 + 2 })
    const read = await getSpan(clickhouse, { ...windowOf(sender, traceId), spanId: spans[0]!.spanId })
    expect(read?.input === input).toBe(true)
    expect(read?.attributes).toEqual({
      'gen_ai.operation.name': '"chat"',
      custom: JSON.stringify('y'.repeat(offloadAbove * 2)),
    })
    const exported = await collect(exportSpans(clickhouse, windowOf(sender, traceId)))
    expect(exported.map(span => span.input === input)).toEqual([true, true, true])
    expect(await payloadsOf(other)).toEqual({ n: 0, bytes: 0 })
  })

  it('of another project is not reached by its hash', async () => {
    const [one, other] = [await server.newSender(), await server.newSender()]
    const traceId = hex(16)
    const secret = prompt(200_000)
    await one.sendJson(jsonRequest([jsonSpan({ traceId, attributes: { secret } })]))
    const hashes = await one.query(
      'select hash from payloads where project_id = {project:String}',
      z.object({ hash: z.string() }),
    )
    const forged = JSON.stringify({ input: [hashes[0]?.hash, 200_000] })
    const span = jsonSpan({ traceId, attributes: { 'davylamp.offloaded': forged } })
    await other.sendJson(jsonRequest([span]))
    const read = await getSpan(clickhouse, { ...windowOf(other, traceId), spanId: span.spanId })
    expect([read?.input, Object.keys(read?.attributes ?? {})]).toEqual(['', []])
  })
})

it('500 attributes on a span are all kept', async () => {
  const sender = await server.newSender()
  const traceId = hex(16)
  const attributes = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key.${at}`, `value ${at}`]))
  const span = jsonSpan({ traceId, attributes })
  await sender.sendJson(jsonRequest([span]))
  const read = await getSpan(clickhouse, { ...windowOf(sender, traceId), spanId: span.spanId })
  expect(Object.keys(read?.attributes ?? {})).toHaveLength(500)
  expect(read?.attributes['key.499']).toBe('"value 499"')
})
