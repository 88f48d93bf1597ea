import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { corpusBytes, corpusFile } from './otlp-factory.ts'
import { ingestServer } from './server.ts'

const protobuf = { 'content-type': 'application/x-protobuf' }
const gz = corpusFile('genai-512-0.pb.gz')
const bytes = corpusBytes('genai-512-0.pb.gz')

/** What the corpus' first file holds, counted from its JSON form. */
const json = corpusBytes('genai-512-0.json.gz')
type JsonSpan = {
  attributes: { key: string; value: { intValue?: string; doubleValue?: number; stringValue?: string } }[]
}
const jsonSpans: JsonSpan[] = JSON.parse(json.toString()).resourceSpans.flatMap(
  (resource: { scopeSpans: { spans: JsonSpan[] }[] }) => resource.scopeSpans.flatMap(scope => scope.spans),
)
const sum = (key: string) =>
  jsonSpans
    .flatMap(span => span.attributes.filter(attribute => attribute.key === key))
    .reduce((total, { value }) => total + Number(value.intValue ?? value.doubleValue ?? 0), 0)
const expected = {
  spans: 512,
  input: sum('gen_ai.usage.input_tokens'),
  output: sum('gen_ai.usage.output_tokens'),
  cost: Math.round(sum('gen_ai.usage.cost') * 1e9),
  tools: 135,
  traces: 69,
}

const server = await ingestServer()
const other = await ingestServer()

describe('a request of 512 spans, in every form, is stored once and counted once', async () => {
  const sender = await server.newSender()
  const forms: [string, Buffer, Record<string, string>][] = [
    ['protobuf, gzip', gz, { ...protobuf, 'content-encoding': 'gzip' }],
    ['protobuf', bytes, protobuf],
    ['protobuf with parameters of the type', bytes, { 'content-type': 'application/x-protobuf; charset=utf-8' }],
    ['protobuf, deflate', deflateSync(bytes), { ...protobuf, 'content-encoding': 'deflate' }],
    ['protobuf, bare deflate', deflateRawSync(bytes), { ...protobuf, 'content-encoding': 'deflate' }],
    ['protobuf, zstd', zstdCompressSync(bytes), { ...protobuf, 'content-encoding': 'zstd' }],
    ['JSON', json, { 'content-type': 'application/json' }],
    ['JSON, gzip', gzipSync(json), { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' }],
  ]
  it.each(forms)('%s', async (_name, body, headers) => {
    const response = await sender.post('/v1/traces', body, headers)
    const type = headers['content-type']?.split(';')[0]
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect(await response.text()).toBe(type === 'application/json' ? '{}' : '')
    expect(await sender.spanCount()).toBe(512)
    expect(await sender.traceTotals()).toEqual(expected)
  })

  it.each(['/otlp', '/otel', '/api/public/otel'])('and under %s', async prefix => {
    const response = await sender.post(`${prefix}/v1/traces`, gz, { ...protobuf, 'content-encoding': 'gzip' })
    expect(response.status).toBe(200)
    expect(await sender.spanCount()).toBe(512)
  })
})

describe('a storm of retries', async () => {
  const sender = await server.newSender()
  const send = () => sender.post('/v1/traces', gz, { ...protobuf, 'content-encoding': 'gzip' })

  it('20 at a time, then 5 one after another: stored and counted once', async () => {
    const statuses = (await Promise.all(Array.from({ length: 20 }, send))).map(({ status }) => status)
    for (let again = 0; again < 5; again++) statuses.push((await send()).status)
    expect(statuses).toEqual(Array(25).fill(200))
    expect(await sender.spanCount()).toBe(512)
    expect(await sender.traceTotals()).toEqual(expected)
  })

  it('by another process, which remembers nothing: stored and counted once', async () => {
    const headers = { ...protobuf, 'content-encoding': 'gzip', authorization: `Bearer ${sender.apiKey}` }
    const response = await fetch(`${other.url}/v1/traces`, { method: 'POST', body: new Uint8Array(gz), headers })
    expect(response.status).toBe(200)
    expect(await sender.spanCount()).toBe(512)
    expect(await sender.traceTotals()).toEqual(expected)
  })

  it('is told in the ledger', async () => {
    const outcomes = () =>
      sender.query(
        `select outcome, sum(count) as n, sum(bytes) as bytes, any(client) as client
         from ledger where project_id = {project:String} and item = 'spans' group by outcome order by outcome`,
        z.object({ outcome: z.string(), n: z.coerce.number(), bytes: z.coerce.number(), client: z.string() }),
      )
    const told = [
      { outcome: 'duplicate', n: 25 * 512, bytes: 0, client: 'node' },
      { outcome: 'received', n: 26 * 512, bytes: 26 * bytes.length, client: 'node' },
      { outcome: 'stored', n: 512, bytes: 0, client: 'node' },
    ]
    await expect.poll(outcomes).toEqual(told)
  })
})

it('stores a known span column by column', async () => {
  const sender = await server.newSender()
  await sender.post('/v1/traces', gz, { ...protobuf, 'content-encoding': 'gzip' })
  const [span] = await sender.query(
    `select * except (input, output, attributes, resource, received_at)
     from spans
     where project_id = {project:String} and span_id = 'b39a9a073506b7df'`,
    z.record(z.string(), z.unknown()),
  )
  expect(span).toEqual({
    project_id: sender.projectId,
    trace_id: '05ce6f457daa4738b96913a0c4406a16',
    span_id: 'b39a9a073506b7df',
    parent_span_id: '9429d28d6ea50f64',
    name: 'chat claude-3-5-haiku-20241022',
    kind: 'llm',
    start_time: '2025-11-24 16:00:01.911974845',
    end_time: '2025-11-24 16:00:06.272518170',
    status: 'unset',
    status_message: '',
    service: 'support-agent',
    environment: 'production',
    release: '1.42.0',
    scope_name: '@opentelemetry/instrumentation-openai',
    scope_version: '0.8.0',
    mapped_by: 'gen_ai.operation.name',
    session_id: 'sess-66e138030b8a1d8e',
    user_id: 'user-2197',
    conversation_id: '262a92df-56ce-a138-8124-295b51537eb0',
    workflow: '',
    workflow_version: '',
    run_id: '',
    serving: '',
    feature_flags: {},
    tags: [],
    provider: 'anthropic',
    model_requested: 'claude-3-5-haiku',
    model: 'claude-3-5-haiku-20241022',
    params: '{"temperature":0.7,"top_p":1,"max_tokens":4096}',
    input_tokens: 832,
    output_tokens: 433,
    cache_read_tokens: 201,
    cache_write_tokens: 0,
    cache_write_1h_tokens: 0,
    reasoning_tokens: 0,
    input_audio_tokens: 0,
    output_audio_tokens: 0,
    cost_nano_usd: '6410000',
    cost_source: 'given',
    price_version: '',
    ttft_ms: -1,
    finish_reasons: ['tool_calls'],
    prompt_name: '',
    prompt_version: '',
    tool_name: '',
    tool_call_id: '',
    tool_arguments: '',
    tool_result: '',
    tool_outcome: '',
    events: '[]',
    links: '[]',
    dropped_attributes: 0,
    dropped_events: 0,
    dropped_links: 0,
    clock_flags: [],
  })
})

it('keeps every payload whole', async () => {
  const sender = await server.newSender()
  await sender.post('/v1/traces', gz, { ...protobuf, 'content-encoding': 'gzip' })
  const inputs = jsonSpans.flatMap(span =>
    span.attributes.filter(({ key }) => key === 'gen_ai.input.messages').map(({ value }) => value.stringValue ?? ''),
  )
  const stored = await sender.query(
    `select input from spans where project_id = {project:String} and kind = 'llm'`,
    z.object({ input: z.string() }),
  )
  expect(stored.map(({ input }) => input).sort()).toEqual(inputs.sort())
})

it('takes all files of the corpus at once, in one insert or some', async () => {
  const sender = await server.newSender()
  const files = [0, 1, 2, 3].map(number => corpusFile(`genai-512-${number}.pb.gz`))
  const sent = files.map(file => sender.post('/v1/traces', file, { ...protobuf, 'content-encoding': 'gzip' }))
  expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await sender.spanCount()).toBe(4 * 512)
  expect((await sender.traceTotals())?.spans).toBe(4 * 512)
})
