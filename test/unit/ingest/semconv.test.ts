import { describe, expect, it } from 'vitest'
import { mendClock } from '../../../ingest/semconv/clock.ts'
import { columns } from '../../../ingest/semconv/columns.ts'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { toolOutcome } from '../../../ingest/semconv/tool-outcome.ts'
import semconv from '../../cases/semconv.json' with { type: 'json' }
import outcomes from '../../cases/tool-outcome.json' with { type: 'json' }
import { attributesOf, otlpSpan, type Plain, type PlainSpan, startNs } from '../../ingest/otlp-factory.ts'

type Case = {
  name: string
  span?: PlainSpan
  resource?: Record<string, Plain>
  attributes: Record<string, Plain>
  events?: PlainSpan['events']
  expect: Record<string, unknown>
}

const scope = { name: 'scope', version: '1', spans: [] }
const received = startNs + 5_000_000_000n

const mapped = ({ span, resource = {}, attributes, events }: Omit<Case, 'name' | 'expect'>) =>
  mapSpan(otlpSpan({ ...span, attributes, events }), scope, mapResource(attributesOf(resource)), received)

describe('attributes become columns', () => {
  it.each(semconv as unknown as Case[])('$name', ({ expect: expected, ...given }) => {
    const span = mapped(given)
    for (const [column, value] of Object.entries(expected)) {
      const actual = span[column as keyof typeof span]
      expect(plain(actual), column).toEqual(value)
    }
  })

  const plain = (value: unknown) =>
    typeof value === 'bigint' ? Number(value) : JSON.parse(JSON.stringify(value === undefined ? null : value))
})

it.each<[string, Record<string, Plain>]>([
  [
    'LangSmith',
    {
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.input_token_details': "{'cache_read': 10, 'cache_creation': 0, 'ephemeral_5m_input_tokens': 40}",
    },
  ],
  [
    'Langfuse',
    {
      'langfuse.observation.usage_details':
        '{"input":50,"input_cache_read":10,"input_cache_creation":0,"input_ephemeral_5m_input_tokens":40,"output":5}',
    },
  ],
])('counts cache writes that LangChain tells by how long they last, by %s', (_name, attributes) => {
  expect(mapped({ attributes: { 'langsmith.span.kind': 'llm', ...attributes } })).toMatchObject({
    inputTokens: 100,
    cacheReadTokens: 10,
    cacheWriteTokens: 40,
    priceVersion: '',
  })
})

describe('counts tokens that have a price of their own', () => {
  const llm = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 50 }
  const metadata = (said: object) => ({ 'ai.response.providerMetadata': JSON.stringify(said) })
  const usage = { input_tokens: 100, cache_creation_input_tokens: 12 }
  const oneHour = { cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 7 } }
  const hours = (cacheWrite1hTokens: number, cacheWriteTokens: number) => ({ cacheWrite1hTokens, cacheWriteTokens })
  const details = (said: string) => ({ 'langfuse.observation.usage_details': said })

  it.each<[string, Record<string, Plain>, object]>([
    ['an hour, Logfire', { 'gen_ai.usage.details.ephemeral_1h_input_tokens': 7 }, hours(7, 7)],
    [
      'an hour of more, Logfire',
      {
        'gen_ai.usage.details.ephemeral_1h_input_tokens': 7,
        'gen_ai.usage.details.cache_creation_input_tokens': 12,
      },
      hours(7, 12),
    ],
    ['an hour, AI SDK', metadata({ anthropic: { usage: { ...usage, ...oneHour } } }), hours(7, 12)],
    ['an hour, Langfuse', details('{"input":9,"input_cache_creation":3,"input_cache_creation_1h":2}'), hours(2, 5)],
    ['an hour, LangChain by Langfuse', details('{"input":9,"input_ephemeral_1h_input_tokens":2}'), hours(2, 2)],
    [
      'an hour, Anthropic by Langfuse',
      details(JSON.stringify({ input_tokens: 9, cache_creation_input_tokens: 12, ...oneHour })),
      hours(7, 12),
    ],
    [
      'an hour, LangSmith',
      { 'gen_ai.usage.input_token_details': "{'ephemeral_1h_input_tokens': 7, 'ephemeral_5m_input_tokens': 5}" },
      hours(7, 12),
    ],
    [
      'audio, OpenInference',
      { 'llm.token_count.prompt_details.audio': 4, 'llm.token_count.completion_details.audio': 3 },
      { inputTokens: 100, inputAudioTokens: 4, outputTokens: 50, outputAudioTokens: 3 },
    ],
    [
      'audio, Logfire',
      { 'gen_ai.usage.details.input_audio_tokens': 4, 'gen_ai.usage.details.output_audio_tokens': 3 },
      { inputAudioTokens: 4, outputAudioTokens: 3 },
    ],
    [
      'audio, LangSmith',
      { 'gen_ai.usage.input_token_details': "{'audio': 3, 'cache_read': None}" },
      { inputAudioTokens: 3, outputAudioTokens: 0 },
    ],
    [
      'audio, Langfuse',
      details('{"input":9,"output":5,"output_audio":2}'),
      { inputAudioTokens: 0, outputAudioTokens: 2 },
    ],
    [
      'audio, OpenAI by Langfuse',
      details('{"prompt_tokens":9,"prompt_tokens_details":{"audio_tokens":2}}'),
      { inputAudioTokens: 2, outputAudioTokens: 0 },
    ],
    [
      'audio, Gemini',
      metadata({
        google: {
          usageMetadata: {
            candidatesTokenCount: 50,
            promptTokensDetails: [
              { modality: 'TEXT', tokenCount: 1 },
              { modality: 'AUDIO', tokenCount: 8 },
            ],
            candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 6 }],
          },
        },
      }),
      { inputAudioTokens: 8, outputAudioTokens: 6, outputTokens: 50 },
    ],
    [
      'more audio than the whole, which was counted apart',
      { 'gen_ai.usage.details.input_audio_tokens': 130 },
      { inputTokens: 230, inputAudioTokens: 130 },
    ],
    ['no number', { 'gen_ai.usage.details.input_audio_tokens': 'many' }, { inputTokens: 100, inputAudioTokens: 0 }],
  ])('%s', (_name, attributes, expected) => {
    expect(mapped({ attributes: { ...llm, ...attributes } })).toMatchObject({ ...expected, priceVersion: '' })
  })
})

describe('says why a call cannot be priced by its tokens alone', () => {
  const llm = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 10 }
  const metadata = (said: object) => ({ 'ai.response.providerMetadata': JSON.stringify(said) })

  it.each<[string, Record<string, Plain>, string]>([
    ['audio, either way', { 'gen_ai.usage.details.audio_tokens': 4 }, 'audio tokens'],
    ['audio, cached, Langfuse', { 'langfuse.observation.usage_details': '{"input_cached_audio":2}' }, 'audio tokens'],
    [
      'audio that may be cached',
      { 'llm.token_count.prompt_details.audio': 4, 'llm.token_count.prompt_details.cache_read': 2 },
      'audio beside cached tokens',
    ],
    [
      'an hour, passed on by an unknown provider',
      metadata({ other: { ephemeral_1h_input_tokens: 7 } }),
      'one-hour cache writes',
    ],
    ['a tier that served', { 'openai.response.service_tier': 'flex' }, 'service tier flex'],
    ['a tier, AI SDK', metadata({ openai: { serviceTier: 'priority' } }), 'service tier priority'],
    ['a tier, asked for', { 'llm.invocation_parameters': '{"service_tier":"batch"}' }, 'service tier batch'],
    [
      'another tier than was asked for',
      { 'openai.request.service_tier': 'flex', 'openai.response.service_tier': 'default' },
      '',
    ],
    [
      'none of it',
      metadata({
        anthropic: { usage: { cache_creation: { ephemeral_1h_input_tokens: 0 }, service_tier: 'standard' } },
      }),
      '',
    ],
    ['no audio', { 'llm.token_count.prompt_details.audio': 0, 'gen_ai.usage.input_token_details': '{"audio":0}' }, ''],
    ['a cost that is given', { 'openai.response.service_tier': 'flex', 'gen_ai.usage.cost': 0.5 }, ''],
  ])('%s', (_name, attributes, why) => {
    expect(mapped({ attributes: { ...llm, ...attributes } }).priceVersion).toBe(why && `unpriced: ${why}`)
  })
})

it('has a column for each row of the table, and a key in one cell of a row only', () => {
  for (const [column, row] of Object.entries(columns)) {
    const keys = Object.values(row).flat()
    expect(keys.length, column).toBeGreaterThan(0)
    expect(new Set(keys).size, column).toBe(keys.length)
  }
})

it('names a flattened list as one, whatever its numbers: no holes are filled', () => {
  const { input } = mapped({ attributes: { 'llm.input_messages.999999999.message.content': 'far' } })
  expect(input).toBe('[{"content":"far"}]')
})

it('takes any name of an attribute or a flag, __proto__ too', () => {
  const attributes = JSON.parse('{"__proto__":"a","feature_flag.__proto__":"b","llm.input_messages.0.__proto__":"c"}')
  const span = mapped({ attributes })
  expect(Object.entries(span.attributes)).toEqual([['__proto__', '"a"']])
  expect(Object.entries(span.featureFlags)).toEqual([['__proto__', 'b']])
  expect(span.input).toBe('[{"__proto__":"c"}]')
})

describe('keeps JSON that nests 20,000 levels deep as the text it is', () => {
  const lists = '['.repeat(20_000) + ']'.repeat(20_000)
  const wrapped = `${'{"output":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const message = `{"tool_call_id":"c","content":${lists}}`

  it.each([lists, wrapped, message])('%.12s', deep => {
    const instructed = { 'gen_ai.input.messages': deep, 'gen_ai.system_instructions': 'Be kind.' }
    expect(mapped({ attributes: instructed }).input).toBe(deep)
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.result': deep }
    expect(mapped({ attributes: tool })).toMatchObject({ toolResult: deep, toolOutcome: 'ok' })
    expect(mapped({ attributes: { 'davylamp.tags': deep, 'gen_ai.response.finish_reasons': deep } })).toMatchObject({
      tags: [deep],
      finishReasons: [deep],
    })
    const events = [{ name: 'gen_ai.choice', attributes: { 'gen_ai.event.content': deep, content: 'said' } }]
    expect(mapped({ attributes: {}, events }).output).toBe('[{"role":"assistant","content":"said"}]')
  })
})

it('keeps whole what is large', () => {
  const value = 'ü'.repeat(300_000)
  expect(mapped({ attributes: { 'input.value': value } }).input).toBe(value)
})

describe('what came of a tool call', () => {
  it.each(outcomes as { name: string; failed?: boolean; result?: string; outcome: string }[])('$name', example => {
    expect(toolOutcome({ failed: example.failed ?? false, result: example.result })).toBe(example.outcome)
  })
})

describe('clocks that are wrong', () => {
  const second = 1_000_000_000n
  const day = 86_400n * second
  it.each([
    ['sound times stay', received, received + second, received, received + second, []],
    ['an end before its start', received, received - second, received, received, ['end_before_start']],
    ['a span that never ended', received, 0n, received, received, ['end_before_start']],
    [
      'a start a year ahead',
      received + 365n * day,
      received + 365n * day + second,
      received,
      received + second,
      ['future_start'],
    ],
    [
      'a start 23 hours ahead',
      received + 23n * 3600n * second,
      received + day,
      received + 23n * 3600n * second,
      received + day,
      [],
    ],
    ['a start in 1999', 946_684_799n * second, 946_684_799n * second, received, received, ['past_start']],
    ['no start', 0n, received, received, received, ['past_start', 'future_end']],
    ['an end in 2554', received, 2n ** 64n - 1n, received, received, ['future_end']],
  ])('%s', (_name, start, end, expectedStart, expectedEnd, flags) => {
    expect(mendClock({ startNs: start, endNs: end, receivedNs: received })).toEqual({
      startNs: expectedStart,
      endNs: expectedEnd,
      flags,
    })
  })
})
