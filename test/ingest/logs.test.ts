import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exportSpans, getSpan } from '../../db/trace-spans.ts'
import { findTrace, listTraces } from '../../db/traces.ts'
import { collect } from '../factories.ts'
import { hex, jsonAttributes, jsonRequest, jsonSpan, jsonValue, type Plain } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const { services, newSender, url } = await ingestServer()
const { clickhouse } = services

type Ids = { traceId: string; spanId: string }
type Log = {
  eventName?: string
  attributes?: Record<string, Plain>
  body?: Plain
  traceId?: string
  spanId?: string
  at?: number
}

const newIds = (): Ids => ({ traceId: hex(16), spanId: hex(8) })

const logRecord = ({ attributes = {}, body = null, at = Date.now(), ...rest }: Log) => ({
  timeUnixNano: `${at}000000`,
  observedTimeUnixNano: `${at}000000`,
  severityNumber: 9,
  body: jsonValue(body),
  attributes: jsonAttributes(attributes),
  ...rest,
})
const logsRequest = (logs: Log[]) => ({
  resourceLogs: [{ resource: {}, scopeLogs: [{ scope: { name: 'test' }, logRecords: logs.map(logRecord) }] }],
})
const sendLogs = async (sender: Sender, logs: Log[]) => {
  const answer = await sender.sendJson(logsRequest(logs), '/v1/logs')
  expect([answer.status, await answer.text()]).toEqual([200, '{}'])
}
const sendSpan = async (sender: Sender, ids: Ids, attributes: Record<string, Plain> = {}) => {
  const answer = await sender.sendJson(jsonRequest([jsonSpan({ ...ids, attributes })]))
  expect(answer.status).toBe(200)
}
const windowOf = (sender: Sender, { traceId }: Ids) => ({
  projectId: sender.projectId,
  traceId,
  fromMs: Date.now() - 3_600_000,
  toMs: Date.now() + 60_000,
})
const spanOf = (sender: Sender, ids: Ids) => getSpan(clickhouse, { ...windowOf(sender, ids), spanId: ids.spanId })

const said = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
const operationDetails = (ids: Ids): Log => ({
  ...ids,
  eventName: 'gen_ai.client.inference.operation.details',
  attributes: { 'gen_ai.input.messages': said('user', 'Hi'), 'gen_ai.output.messages': said('assistant', 'Hello') },
})
const evaluatedFlag = (traceId: string, more: Log = {}): Log => ({
  traceId,
  eventName: 'feature_flag.evaluation',
  attributes: { 'feature_flag.key': 'model', 'feature_flag.result.variant': 'canary' },
  ...more,
})

const ledgerRow = z.object({ outcome: z.string(), n: z.coerce.number() })
async function ledgerOf(sender: Sender) {
  const sql = `
    select outcome, sum(ledger.count) as n
    from ledger
    where project_id = {project:String} and item in ('logs', 'requests')
    group by outcome`
  return Object.fromEntries((await sender.query(sql, ledgerRow)).map(({ outcome, n }) => [outcome, n]))
}
const withFlag = (sender: Sender, variant: string) =>
  listTraces(clickhouse, {
    projectId: sender.projectId,
    from: new Date(Date.now() - 3_600_000),
    to: new Date(Date.now() + 60_000),
    filters: { variant: [variant] },
  })

describe('events that come as logs are joined to their span', () => {
  it.each([
    ['after it', true],
    ['before it', false],
  ])('%s', async (_when, spanFirst) => {
    const sender = await newSender()
    const ids = newIds()
    const steps = [() => sendSpan(sender, ids), () => sendLogs(sender, [operationDetails(ids)])]
    for (const step of spanFirst ? steps : steps.reverse()) await step()
    const span = await spanOf(sender, ids)
    expect(span).toMatchObject({ input: said('user', 'Hi'), output: said('assistant', 'Hello') })
    expect(span?.events.map(({ name }) => name)).toEqual(['gen_ai.client.inference.operation.details'])
    expect(span?.events[0]?.attributes['gen_ai.input.messages']).toBe(JSON.stringify(said('user', 'Hi')))
    const [exported] = await collect(exportSpans(clickhouse, windowOf(sender, ids)))
    expect(exported).toEqual(span)
  })

  it('and tell nothing where the span tells its input itself', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids, { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': said('user', 'own') })
    await sendLogs(sender, [operationDetails(ids)])
    expect(await spanOf(sender, ids)).toMatchObject({ input: said('user', 'own'), output: said('assistant', 'Hello') })
  })

  it('with the instructions of the system, which stand apart, before the messages', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const { attributes, ...details } = operationDetails(ids)
    const instructions = JSON.stringify([{ type: 'text', content: 'Be kind' }])
    await sendLogs(sender, [{ ...details, attributes: { ...attributes, 'gen_ai.system_instructions': instructions } }])
    const [system] = JSON.parse(said('system', 'Be kind'))
    const [user] = JSON.parse(said('user', 'Hi'))
    expect((await spanOf(sender, ids))?.input).toBe(JSON.stringify([system, user]))
  })

  it('a message each, in the order of their times, with the body in any form', async () => {
    const sender = await newSender()
    const ids = newIds()
    const at = Date.now()
    await sendSpan(sender, ids)
    await sendLogs(sender, [
      {
        ...ids,
        eventName: 'gen_ai.choice',
        at: at + 2,
        body: { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello' } },
      },
      { ...ids, attributes: { 'event.name': 'gen_ai.user.message' }, at: at + 1, body: { content: 'Hi' } },
      { ...ids, eventName: 'gen_ai.system.message', at, attributes: { content: 'Be kind', 'gen_ai.system': 'openai' } },
    ])
    const span = await spanOf(sender, ids)
    expect(JSON.parse(span?.input ?? '')).toEqual([
      { role: 'system', content: 'Be kind' },
      { role: 'user', content: 'Hi' },
    ])
    expect(JSON.parse(span?.output ?? '')).toEqual([
      { role: 'assistant', index: 0, finish_reason: 'stop', content: 'Hello' },
    ])
    expect(span?.events.map(({ name }) => name)).toEqual([
      'gen_ai.system.message',
      'gen_ai.user.message',
      'gen_ai.choice',
    ])
  })

  it('evaluations stand among its events', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const attributes = { 'gen_ai.evaluation.name': 'Relevance', 'gen_ai.evaluation.score.value': 0.8 }
    await sendLogs(sender, [{ ...ids, eventName: 'gen_ai.evaluation.result', attributes }])
    expect((await spanOf(sender, ids))?.events).toMatchObject([
      {
        name: 'gen_ai.evaluation.result',
        attributes: { 'gen_ai.evaluation.name': '"Relevance"', 'gen_ai.evaluation.score.value': '0.8' },
      },
    ])
  })

  it('as protobuf too', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const body = protobufLog(ids, 'gen_ai.user.message', Buffer.from('Hi'))
    const answer = await sender.post('/v1/logs', body, { 'content-type': 'application/x-protobuf' })
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, 0])
    expect((await spanOf(sender, ids))?.input).toBe('[{"role":"user","content":"Hi"}]')
  })

  it("sent by OpenTelemetry's own log exporter", async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const exporter = new OTLPLogExporter({
      url: `${url}/v1/logs`,
      headers: { authorization: `Bearer ${sender.apiKey}` },
    })
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
    provider.getLogger('test').emit({
      eventName: 'gen_ai.client.inference.operation.details',
      attributes: { 'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }] },
      context: trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags: TraceFlags.SAMPLED }),
    })
    await provider.forceFlush()
    await provider.shutdown()
    expect((await spanOf(sender, ids))?.input).toBe(said('user', 'Hi'))
  })

  it('of its own project only', async () => {
    const [one, other] = [await newSender(), await newSender()]
    const ids = newIds()
    await sendSpan(one, ids)
    await sendLogs(other, [operationDetails(ids), evaluatedFlag(ids.traceId)])
    expect(await spanOf(one, ids)).toMatchObject({ input: '', output: '', events: [] })
    expect((await withFlag(one, 'model=canary')).traces).toEqual([])
    expect(await spanOf(other, ids)).toBeNull()
  })
})

describe('flags that come as logs are facts of the trace', () => {
  it('after its spans: the trace is found by them, and is not another one', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const before = await findTrace(clickhouse, { projectId: sender.projectId, traceId: ids.traceId })
    await sendLogs(sender, [evaluatedFlag(ids.traceId, { spanId: ids.spanId })])
    const { traces } = await withFlag(sender, 'model=canary')
    expect(traces).toEqual([{ ...before, variants: ['model=canary'] }])
    expect((await withFlag(sender, 'model=stable')).traces).toEqual([])
  })

  it('before its spans: these say so themselves', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendLogs(sender, [evaluatedFlag(ids.traceId)])
    await sendSpan(sender, ids)
    expect(await spanOf(sender, ids)).toMatchObject({ featureFlags: { model: 'canary' } })
    expect((await withFlag(sender, 'model=canary')).traces).toMatchObject([{ traceId: ids.traceId, spans: 1 }])
  })

  it('alone they are no trace', async () => {
    const sender = await newSender()
    const { traceId } = newIds()
    await sendLogs(sender, [evaluatedFlag(traceId)])
    expect((await withFlag(sender, 'model=canary')).traces).toEqual([])
    expect(await findTrace(clickhouse, { projectId: sender.projectId, traceId })).toBeNull()
  })
})

describe('what becomes of logs is counted', () => {
  const settled = async (sender: Sender) => {
    await expect.poll(async () => (await ledgerOf(sender)).received).toBeGreaterThan(0)
    return ledgerOf(sender)
  }

  it('once, however often they are sent', async () => {
    const sender = await newSender()
    const ids = newIds()
    await sendSpan(sender, ids)
    const logs = [operationDetails(ids), evaluatedFlag(ids.traceId, { spanId: ids.spanId })].map(log => ({
      ...log,
      at: Date.now(),
    }))
    await sendLogs(sender, logs)
    await sendLogs(sender, logs.toReversed())
    await Promise.all([sendLogs(sender, logs), sendLogs(sender, logs)])
    expect((await spanOf(sender, ids))?.events).toHaveLength(2)
    expect((await withFlag(sender, 'model=canary')).traces).toMatchObject([{ spans: 1 }])
    await expect.poll(() => ledgerOf(sender)).toMatchObject({ received: 8, stored: 2, duplicate: 6 })
  })

  it('once each, also of a request of so many that it is stored piece by piece', async () => {
    const sender = await newSender()
    const logs = Array.from({ length: 10_000 }, (_, at) =>
      evaluatedFlag(hex(16), { spanId: hex(8), at: Date.now() - at }),
    )
    const request = logsRequest(logs)
    for (let round = 0; round < 2; round++) expect((await sender.sendJson(request, '/v1/logs')).status).toBe(200)
    const [row] = await sender.query(
      'select count() as n, uniqExact(id) as different from span_events where project_id = {project:String}',
      z.object({ n: z.coerce.number(), different: z.coerce.number() }),
    )
    expect(row).toEqual({ n: 10_000, different: 10_000 })
  })

  it('ordinary logs, events without a trace and messages without a span are not kept', async () => {
    const sender = await newSender()
    const { traceId, spanId } = newIds()
    await sendLogs(sender, [
      { traceId, spanId, body: 'GET /health 200' },
      { eventName: 'gen_ai.user.message', body: { content: 'Hi' } },
      { traceId: '0'.repeat(32), spanId, eventName: 'gen_ai.user.message', body: { content: 'Hi' } },
      { traceId, eventName: 'gen_ai.user.message', body: { content: 'Hi' } },
    ])
    expect(await settled(sender)).toEqual({ received: 4, 'not kept': 4 })
  })

  it('what cannot be read is refused', async () => {
    const sender = await newSender()
    const answer = await sender.post('/v1/logs', Buffer.from([0x0a, 0xff]), {
      'content-type': 'application/x-protobuf',
    })
    expect(answer.status).toBe(400)
    await expect.poll(() => ledgerOf(sender)).toEqual({ rejected: 1 })
  })
})

/** ExportLogsServiceRequest with one record, written by hand: its body is a map with `content`. */
function protobufLog({ traceId, spanId }: Ids, eventName: string, content: Buffer): Buffer {
  const field = (tag: number, value: Buffer) => Buffer.concat([Buffer.from([tag, value.length]), value])
  const time = Buffer.alloc(9)
  time[0] = 0x09
  time.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, 1)
  const pair = Buffer.concat([field(0x0a, Buffer.from('content')), field(0x12, field(0x0a, content))])
  const body = field(0x32, field(0x0a, pair))
  const record = Buffer.concat([
    time,
    field(0x2a, body),
    field(0x4a, Buffer.from(traceId, 'hex')),
    field(0x52, Buffer.from(spanId, 'hex')),
    field(0x62, Buffer.from(eventName)),
  ])
  const long = (tag: number, value: Buffer) =>
    Buffer.concat([Buffer.from([tag, (value.length & 0x7f) | 0x80, value.length >> 7]), value])
  return long(0x0a, long(0x12, long(0x12, record)))
}
