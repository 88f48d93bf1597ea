import { expect, it } from 'vitest'
import { z } from 'zod'
import { openPrices, readPrices } from '../../db/costs.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer } from './server.ts'

const server = await ingestServer()
const { postgres } = server.services

it('gives the facts of an earlier request to the later spans of a trace', async () => {
  const sender = await server.newSender()
  const traceId = hex(16)
  await sender.sendJson(
    jsonRequest([jsonSpan({ traceId, attributes: { 'session.id': 's', 'feature_flag.arm': 'b' } })]),
  )
  await sender.sendJson(jsonRequest([jsonSpan({ traceId, parentSpanId: hex(8) })]))
  const rows = await sender.query(
    `select session_id, feature_flags['arm'] as arm from spans where project_id = {project:String}`,
    z.object({ session_id: z.string(), arm: z.string() }),
  )
  expect(rows).toEqual([
    { session_id: 's', arm: 'b' },
    { session_id: 's', arm: 'b' },
  ])
})

it('gives them also within a request of so many spans that it is taken in parts', async () => {
  const sender = await server.newSender()
  const traces = Array.from({ length: 3 }, (_, at) => ({ traceId: hex(16), user: `user ${at}` }))
  const spans = Array.from({ length: 3_000 }, (_, at) =>
    jsonSpan({ traceId: traces[at % 3]!.traceId, parentSpanId: hex(8), name: `step ${at}` }),
  )
  const roots = traces.map(({ traceId, user }) => jsonSpan({ traceId, attributes: { 'user.id': user } }))
  expect((await sender.sendJson(jsonRequest([...spans, ...roots]))).status).toBe(200)
  const rows = await sender.query(
    `select user_id, count() as n, uniqExact(span_id) as different, uniqExact(trace_id) as traces
    from spans where project_id = {project:String} group by user_id order by user_id`,
    z.object({ user_id: z.string(), n: z.coerce.number(), different: z.coerce.number(), traces: z.coerce.number() }),
  )
  expect(rows).toEqual(traces.map(({ user }) => ({ user_id: user, n: 1_001, different: 1_001, traces: 1 })))
})

const chat = (attributes: Record<string, string | number>) =>
  jsonSpan({ attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1_000_000, ...attributes } })
const costRow = z.object({
  model: z.string(),
  cost: z.coerce.number(),
  cost_source: z.string(),
  price_version: z.string(),
})
const costs = `
  select model, cost_nano_usd as cost, cost_source, price_version
  from spans where project_id = {project:String} order by model`

it('computes costs by the seeded list, keeps given ones, and leaves unknown ones unknown', async () => {
  const sender = await server.newSender()
  await sender.sendJson(
    jsonRequest([
      chat({ 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' }),
      chat({ 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'given', 'gen_ai.usage.cost': 0.5 }),
      chat({ 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'unheard-of' }),
      chat({
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o-mini',
        'openai.response.service_tier': 'flex',
      }),
    ]),
  )
  expect(await sender.query(costs, costRow)).toEqual([
    { model: 'given', cost: 500_000_000, cost_source: 'given', price_version: '' },
    {
      model: 'gpt-4o',
      cost: 2_500_000_000,
      cost_source: 'computed',
      price_version: expect.stringMatching(/^genai-prices@\d/),
    },
    { model: 'gpt-4o-mini', cost: 0, cost_source: 'unknown', price_version: 'unpriced: service tier flex' },
    { model: 'unheard-of', cost: 0, cost_source: 'unknown', price_version: '' },
  ])
  const [trace] = await sender.query(
    'select sum(cost_unknown) as n from traces where project_id = {project:String}',
    z.object({ n: z.coerce.number() }),
  )
  expect(trace).toEqual({ n: 2 })
})

it('counts cache writes for an hour and audio at prices of their own', async () => {
  const sender = await server.newSender()
  await sender.sendJson(
    jsonRequest([
      chat({
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.input_tokens': 100_000,
        'gen_ai.usage.cache_creation.input_tokens': 60_000,
        'gen_ai.usage.details.ephemeral_1h_input_tokens': 20_000,
      }),
      chat({
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-audio',
        'llm.token_count.prompt_details.audio': 500_000,
        'gen_ai.usage.output_tokens': 10_000,
        'llm.token_count.completion_details.audio': 10_000,
      }),
      chat({
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'llm.token_count.prompt_details.audio': 1,
      }),
    ]),
  )
  const parts = 'cache_write_1h_tokens as hour, input_audio_tokens as heard, output_audio_tokens as spoken'
  const whole = z.coerce.number()
  const rows = await sender.query(
    `select model, cost_nano_usd as cost, ${parts} from spans where project_id = {project:String} order by model`,
    z.object({ model: z.string(), cost: whole, hour: whole, heard: whole, spoken: whole }),
  )
  expect(rows).toEqual([
    // 40,000 at $3 a million, 40,000 at $3.75, 20,000 at $6.
    { model: 'claude-sonnet-4-5', cost: 390_000_000, hour: 20_000, heard: 0, spoken: 0 },
    { model: 'gpt-4o', cost: 0, hour: 0, heard: 1, spoken: 0 },
    // 500,000 at $2.50 a million, 500,000 at $32, 10,000 at $64.
    { model: 'gpt-audio', cost: 17_890_000_000, hour: 0, heard: 500_000, spoken: 10_000 },
  ])
})

it("lets a project's own prices override the list, for that project alone", async () => {
  const sender = await server.newSender()
  const other = await server.newSender()
  await postgres.sql`
    insert into prices (project_id, version, provider, model, pattern, input_per_million, output_per_million)
    values (${sender.projectId}, 'own', 'openai', 'gpt-4o', ${postgres.sql.json({ contains: 'gpt-4o' })}, 1, 2)`
  for (const one of [sender, other])
    await one.sendJson(jsonRequest([chat({ 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' })]))
  expect(await sender.query(costs, costRow)).toMatchObject([{ cost: 1_000_000_000, price_version: 'own' }])
  expect(await other.query(costs, costRow)).toMatchObject([{ cost: 2_500_000_000 }])
})

it('seeds a version of the list once, whoever starts and how often', async () => {
  await Promise.all([openPrices(postgres), openPrices(postgres), openPrices(postgres)])
  const { prices, providers } = await readPrices(postgres, null)
  expect(prices.length).toBeGreaterThan(1_000)
  expect(providers.length).toBeGreaterThan(20)
  const [count] = await postgres.sql`select count(*)::int as rows from prices where project_id is null`
  expect(count?.rows).toBe(prices.length)
  expect(prices.some(price => price.tiers.length > 0)).toBe(true)
  expect(prices.some(price => price.hours !== null)).toBe(true)
})
