import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFeedbackToken } from '../../db/feedback-token.ts'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { startRedis, type TestRedis } from '../setup/redis.ts'
import { spansOf, treeOf } from './run-spans.ts'
import { type Runtime, runtimeEnv, seqs, shape, startRuntime, upTo } from './runtime.ts'

const model = 'gpt-4.1-mini-2025-04-14'
let standIn: StandIn
let redis: TestRedis
beforeAll(async () => {
  standIn = await startStandIn()
  redis = await startRedis()
})
afterAll(async () => {
  await standIn.close()
  await redis.stop()
})

describe.each(['Postgres', 'Redis'] as const)('a run of analyze by the model stand-in, queued on %s', store => {
  let runtime: Runtime

  beforeAll(async () => {
    const env = await runtimeEnv({ OPENAI_API_KEY: 'stand-in', OPENAI_BASE_URL: standIn.url })
    runtime = await startRuntime(store === 'Redis' ? { ...env, REDIS_URL: redis.url } : env)
  })
  afterAll(() => runtime.stop())

  it('streams what happens, answers with sources, and is traced whole when it is done', async () => {
    const started = await runtime.start(
      { question: 'How do I send traces?' },
      { user_id: 'ada', session_id: 's1', metadata: { plan: 'pro' } },
    )
    const { events, headers } = await runtime.watch(started.run_id)
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)

    expect(headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(seqs(events)).toEqual(upTo(events.length))
    expect(shape(events)).toEqual([
      'queued',
      'started',
      'message.start',
      'message.end',
      'tool.start',
      'progress',
      'progress',
      'tool.end',
      'progress',
      'message.start',
      'message.end',
      'tool.start',
      'progress',
      'message.start',
      'token',
      'message.end',
      'tool.end',
      'progress',
      'message.start',
      'token',
      'message.end',
      'done',
    ])
    const words = events.flatMap(event => (event.type === 'progress' ? [event.data.text] : []))
    expect(words).toEqual([
      'Searching the knowledge base',
      expect.stringMatching(/^Found \d+ documents$/),
      'Reading what was found',
      'Drafting the answer',
      'Reading what was found',
    ])

    const end = events.at(-1)
    const result =
      end?.type === 'done' ? (end.data.result as { answer: string; sources: { path: string }[] }) : undefined
    expect(result?.answer).toContain('I am a model stand-in, not a model. You asked: How do I send traces?')
    expect(result?.sources.map(({ path }) => path)).toContain('docs/sending-data.md')
    const tokens = events.flatMap(event => (event.type === 'token' ? [event.data] : []))
    const last = tokens.at(-1)?.message_id
    expect(
      tokens
        .filter(({ message_id }) => message_id === last)
        .map(({ text }) => text)
        .join(''),
    ).toBe(result?.answer)

    expect(treeOf(spans)).toEqual([
      'invoke_workflow analyze',
      '  invoke_agent analyze',
      '    agent',
      `      chat ${model}`,
      `        attempt ${model}`,
      '    act',
      '      execute_tool search_knowledge_base',
      '    agent',
      `      chat ${model}`,
      `        attempt ${model}`,
      '    act',
      '      execute_tool draft_summary',
      `        chat ${model}`,
      `          attempt ${model}`,
      '    agent',
      `      chat ${model}`,
      `        attempt ${model}`,
    ])
    for (const span of spans) {
      expect(span).toMatchObject({
        runId: started.run_id,
        workflow: 'analyze',
        sessionId: 's1',
        userId: 'ada',
        serving: 'ai',
        flags: { analyze: 'control' },
      })
      expect(span.status).not.toBe('error')
    }
    const [root] = spans
    expect(root).toMatchObject({ status: 'ok', kind: 'chain' })
    expect(root?.ttftMs).toBeGreaterThan(0)
    expect(JSON.parse(root?.output ?? '')).toEqual(result)

    const run = (await runtime.get(`/v1/runs/${started.run_id}`)).json
    const calls = spans.filter(({ kind }) => kind === 'llm')
    expect(run).toMatchObject({ status: 'done', served_by: 'ai', arm: 'control', attempt: 1, result })
    expect(run.usage).toEqual({
      input_tokens: calls.reduce((sum, call) => sum + call.inputTokens, 0),
      output_tokens: calls.reduce((sum, call) => sum + call.outputTokens, 0),
      calls: 4,
      estimated: false,
    })
    expect(run.cost_usd).toBeGreaterThan(0)
    expect(readFeedbackToken(started.feedback_token, runtime.services.secret)).toMatchObject({
      projectId: runtime.projectId,
      traceId: started.trace_id,
    })
  })

  it('records prompts, answers, tool calls and token counts as the GenAI conventions say', async () => {
    const started = await runtime.start({ question: 'What is a signal?' })
    await runtime.watch(started.run_id)
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    const [first, , , last] = spans.filter(({ kind }) => kind === 'llm')
    expect(first).toMatchObject({ provider: 'openai', modelRequested: model, model })
    expect(first?.input).toContain('What is a signal?')
    expect(first?.input).toContain('You answer questions from a knowledge base')
    expect(JSON.parse(first?.output ?? '')).toMatchObject([
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'search_knowledge_base' }], finish_reason: 'tool_calls' },
    ])
    expect(first?.ttftMs).toBeGreaterThan(0)
    expect(last?.inputTokens).toBeGreaterThan(first?.inputTokens ?? 0)
    expect(last?.input).toContain('tool_call_response')
    const search = spans.find(({ toolName }) => toolName === 'search_knowledge_base')
    expect(search).toMatchObject({ kind: 'tool', toolOutcome: 'ok' })
    expect(JSON.parse(search?.toolArguments ?? '')).toMatchObject({ query: 'What is a signal?' })
    expect(JSON.parse(search?.toolResult ?? '').results.length).toBeGreaterThan(0)
  })

  it('says when a tool came back with nothing', async () => {
    const started = await runtime.start({ question: 'zxqv wvutq?' })
    const { events } = await runtime.watch(started.run_id)
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    expect(events.flatMap(event => (event.type === 'tool.end' ? [event.data.outcome] : []))).toEqual(['empty', 'empty'])
    expect(spans.filter(({ kind }) => kind === 'tool').map(({ toolOutcome }) => toolOutcome)).toEqual([
      'empty',
      'empty',
    ])
  })

  it('goes on without readers, and shows readers that come late everything from the first event on', async () => {
    const started = await runtime.start({ question: 'What is a run?' })
    await expect.poll(async () => (await runtime.get(`/v1/runs/${started.run_id}`)).json.status).toBe('done')
    const readers = await Promise.all(upTo(5).map(() => runtime.watch(started.run_id)))
    for (const { events } of readers) {
      expect(seqs(events)).toEqual(upTo(events.length))
      expect(events.at(-1)?.type).toBe('done')
    }
  })

  it('is archived with its checkpoints cleared, and replays from the archive', async () => {
    const started = await runtime.start({ question: 'What is an arm?' })
    const live = (await runtime.watch(started.run_id)).events
    const { sql } = runtime.services.postgres
    const archived = async () => (await sql`select archived_at from runs where id = ${started.run_id}`)[0]?.archived_at
    await expect.poll(archived).toBeInstanceOf(Date)
    await runtime.services.events.trim([started.run_id])
    expect((await runtime.watch(started.run_id)).events).toEqual(live)
    expect(await sql`select 1 from langgraph.checkpoints where thread_id = ${started.run_id}`).toHaveLength(0)
  })

  it('cancels a running run in the middle of a model call, and says so once', async () => {
    standIn.next({ latencyMs: 20_000 })
    const started = await runtime.start({ question: 'Slow?' })
    await runtime.watch(started.run_id, { until: event => event.type === 'message.start' })
    expect((await runtime.post(`/v1/runs/${started.run_id}/cancel`)).status).toBe(202)
    const { events } = await runtime.watch(started.run_id)
    expect(events.at(-1)).toMatchObject({ type: 'cancelled' })
    const again = await runtime.post(`/v1/runs/${started.run_id}/cancel`)
    expect([again.status, again.json.status]).toEqual([200, 'cancelled'])
    const spans = await spansOf(runtime.services.clickhouse, runtime.projectId, started.trace_id)
    expect(spans[0]).toMatchObject({ name: 'invoke_workflow analyze', status: 'interrupted' })
    expect(spans.filter(({ status }) => status === 'error')).toEqual([])
  })
})
