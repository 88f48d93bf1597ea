import { afterAll, describe, expect, it } from 'vitest'
import { startStandIn } from '../../model-stand-in/server.ts'
import { ingestServer } from '../server.ts'
import { costOfTokens, landedSpans, outline } from './landed.ts'
import { runProgram } from './program.ts'

const server = await ingestServer()
const standIn = await startStandIn()
afterAll(() => standIn.close())

/** What lands when a program talks to the stand-in, and what it asked there. */
async function run(program: string, ...args: string[]) {
  const sender = await server.newSender()
  const before = standIn.requests.length
  await runProgram(program, { INGEST_URL: server.url, API_KEY: sender.apiKey, MODEL_URL: standIn.url }, args)
  const spans = await landedSpans(sender)
  const calls = spans.filter(({ kind }) => kind === 'llm')
  return { spans, calls, asked: standIn.requests.slice(before), totals: await sender.traceTotals() }
}

/** The stand-in counts words; a tool call is ten. */
const words = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)).split(/\s+/).length
const usage = (messages: unknown, answer: number) => {
  const input = words(messages)
  const cost_nano_usd = costOfTokens(input, answer)
  return { input_tokens: input, output_tokens: answer, cost_nano_usd, cost_source: 'computed' }
}
const model = { model_requested: 'gpt-4o-2024-11-20', model: 'gpt-4o-2024-11-20' }
const toolAnswer = 'I am a model stand-in, not a model. You asked: tea The documents About tea bear on it.'
const plainAnswer = (asked: string) =>
  `I am a model stand-in, not a model. You asked: ${asked} Nothing was handed to me on it.`

it('an agent of LangGraph with OpenInference', async () => {
  const { spans, calls, asked, totals } = await run('langchain.ts', 'something')
  const call = [
    '    RunnableSequence: chain',
    '      prompt: chain',
    '      ChatOpenAI: llm',
    '    RunnableLambda: chain',
  ]
  expect(outline(spans)).toEqual([
    'support: chain',
    '  __start__: chain',
    '  agent: chain',
    ...call,
    '  tools: chain',
    '    search_knowledge_base: tool',
    '  agent: chain',
    ...call,
  ])
  for (const span of spans)
    expect(span).toMatchObject({
      status: 'ok',
      session_id: 's-1',
      user_id: 'ann',
      mapped_by: 'openinference.span.kind',
    })

  const [first, second] = calls
  const callId = asked[1]?.messages.at(-1)?.tool_call_id
  const system = { role: 'system', content: 'Be brief.' }
  const user = { role: 'user', content: 'tea' }
  expect(first).toMatchObject({
    ...model,
    ...usage(asked[0]?.messages, 10),
    input: [system, user],
    output: [
      {
        role: 'assistant',
        tool_calls: [{ function: { name: 'search_knowledge_base', arguments: '{"query":"tea"}' } }],
      },
    ],
    provider: 'openai',
    params: { temperature: 0.5 },
    finish_reasons: ['tool_calls'],
  })
  expect(second).toMatchObject({
    ...model,
    ...usage(asked[1]?.messages, words(toolAnswer)),
    input: [system, user, { role: 'assistant' }, { role: 'tool', content: '{"title":"About tea"}' }],
    output: [{ role: 'assistant', content: toolAnswer }],
    finish_reasons: ['stop'],
  })
  expect(second?.attributes['llm.tools.0.tool.json_schema']).toContain('search_knowledge_base')
  expect(second?.attributes['llm.token_count.total']).toBe((second?.input_tokens ?? 0) + (second?.output_tokens ?? 0))
  expect(spans.find(({ kind }) => kind === 'tool')).toMatchObject({
    tool_name: 'search_knowledge_base',
    tool_call_id: callId,
    tool_arguments: 'tea',
    tool_result: { title: 'About tea' },
    tool_outcome: 'ok',
    attributes: { metadata: expect.stringContaining('"langgraph_node":"tools"') },
  })
  expect(totals).toMatchObject({
    traces: 1,
    tools: 1,
    input: calls.reduce((sum, { input_tokens }) => sum + input_tokens, 0),
    output: 10 + words(toolAnswer),
    cost: calls.reduce((sum, { cost_nano_usd }) => sum + cost_nano_usd, 0),
  })
})

it.each([
  ['nothing', 'empty', 'ok', []],
  ['failure', 'error', 'error', ''],
])('a tool of LangGraph that returns %s is %s', async (what, tool_outcome, status, tool_result) => {
  const { spans, totals } = await run('langchain.ts', what)
  expect(spans.find(({ kind }) => kind === 'tool')).toMatchObject({ tool_outcome, status, tool_result })
  expect(totals).toMatchObject({ traces: 1, tools: 1 })
})

it('the AI SDK: an answer with a tool, and a stream', async () => {
  const { spans, calls, asked, totals } = await run('ai-sdk.ts')
  expect(outline(spans)).toEqual([
    'POST /ask: other',
    '  ai.generateText: agent',
    '    ai.generateText.doGenerate: llm',
    '    ai.toolCall: tool',
    '    ai.generateText.doGenerate: llm',
    '  ai.streamText: agent',
    '    ai.streamText.doStream: llm',
  ])
  for (const span of spans) expect(span).toMatchObject({ session_id: 's-1', user_id: 'ann' })

  const [first, second, stream] = calls
  const shared = {
    ...model,
    provider: 'openai',
    mapped_by: 'ai.operationId',
    attributes: { 'ai.telemetry.metadata.tier': 'gold' },
  }
  const callId = asked[1]?.messages.at(-1)?.tool_call_id
  const system = { role: 'system', content: 'Be brief.' }
  const user = { role: 'user', content: [{ type: 'text', text: 'tea' }] }
  expect(first).toMatchObject({
    ...shared,
    ...usage(asked[0]?.messages, 10),
    params: { temperature: 0.5 },
    input: [system, user],
    output: [{ role: 'assistant', parts: [{ type: 'tool_call', id: callId, name: 'search_knowledge_base' }] }],
    finish_reasons: ['tool-calls'],
  })
  expect(second).toMatchObject({
    ...shared,
    ...usage(asked[1]?.messages, words(toolAnswer)),
    input: [system, user, { role: 'assistant' }, { role: 'tool' }],
    output: toolAnswer,
    finish_reasons: ['stop'],
  })
  expect(stream).toMatchObject({
    ...shared,
    ...usage(asked[2]?.messages, words(plainAnswer('milk'))),
    output: plainAnswer('milk'),
  })
  expect(stream?.ttft_ms).toBeGreaterThan(0)
  expect(spans.find(({ kind }) => kind === 'tool')).toMatchObject({
    tool_name: 'search_knowledge_base',
    tool_call_id: callId,
    tool_arguments: { query: 'tea' },
    tool_result: { title: 'About tea' },
    tool_outcome: 'ok',
  })
  const agents = spans.filter(({ kind }) => kind === 'agent')
  expect(agents.map(({ output, cost_nano_usd }) => [output, cost_nano_usd])).toEqual([
    [toolAnswer, 0],
    [plainAnswer('milk'), 0],
  ])
  expect(totals).toMatchObject({
    spans: 7,
    tools: 1,
    input: calls.reduce((sum, { input_tokens }) => sum + input_tokens, 0),
    output: calls.reduce((sum, { output_tokens }) => sum + output_tokens, 0),
    cost: calls.reduce((sum, { cost_nano_usd }) => sum + cost_nano_usd, 0),
  })
})

describe("OpenAI's client with OpenLLMetry, in a workflow", async () => {
  const { spans, calls, asked, totals } = await run('traceloop.ts')
  const [whole, stream] = calls
  const input = [
    { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', content: 'tea' }] },
  ]

  it('lands as one trace of its session and user', () => {
    const name = 'chat gpt-4o-2024-11-20'
    expect(outline(spans)).toEqual(['support.workflow: chain', `  ${name}: llm`, `  ${name}: llm`])
    for (const span of spans) expect(span).toMatchObject({ session_id: 's-1', user_id: 'ann' })
    expect(spans[0]).toMatchObject({ mapped_by: 'traceloop.span.kind', input: { args: ['tea'] } })
  })

  it('a call: messages, tool call, tokens and cost', () => {
    const call = {
      type: 'tool_call',
      id: expect.stringMatching(/^call_/),
      name: 'search_knowledge_base',
      arguments: { query: 'tea' },
    }
    expect(whole).toMatchObject({
      ...model,
      ...usage(asked[0]?.messages, 10),
      provider: 'openai',
      params: { temperature: 0.5 },
      input,
      output: [{ role: 'assistant', parts: [call] }],
      finish_reasons: ['tool_call'],
    })
    expect(whole?.attributes['gen_ai.tool.definitions']).toContain('search_knowledge_base')
    expect(totals).toMatchObject({ spans: 3, output: 10, cost: whole?.cost_nano_usd })
  })

  it('a stream, of which it tells no usage: the cost is unknown', () => {
    expect(stream).toMatchObject({
      ...model,
      input,
      output: [{ role: 'assistant', parts: [{ type: 'text', content: plainAnswer('tea') }] }],
      input_tokens: 0,
      output_tokens: 0,
      cost_source: 'unknown',
      finish_reasons: ['stop'],
    })
  })
})
