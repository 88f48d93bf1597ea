import { beforeAll, describe, expect, test } from 'vitest'
import { createProject } from '../../db/projects.ts'
import { insertSignals, modelCall, newSpanId, newTraceId, span, storeSpans, toolCall, trace } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let strangers: string
const ago = (ms: number) => new Date(Date.now() - ms)
const own = trace(
  {
    name: 'invoke_workflow support',
    at: ago(60_000),
    durationMs: 4820,
    workflow: 'support',
    workflowVersion: '3',
    userId: 'ann',
    sessionId: 's1',
    featureFlags: { support: 'canary' },
    input: '{"question":"How long may I return it?"}',
    output: '{"answer":"30 days"}',
  },
  [
    modelCall({
      at: ago(59_000),
      costUsd: null,
      input: 'The whole prompt. '.repeat(2000),
      output: 'Thirty days it is',
    }),
    toolCall({
      at: ago(58_000),
      toolName: 'search_kb',
      toolOutcome: 'empty',
      toolResult: '[]',
      toolArguments: '{"q":1}',
    }),
  ],
)
const [root, call, tool] = own.map(({ spanId }) => spanId)
const traceId = own[0]!.traceId
const theirs = trace({ name: 'their secret trace', at: ago(60_000), input: 'their secret question' })

beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  const { clickhouse, postgres } = web.services
  strangers = await createProject(postgres, { name: 'Theirs' })
  await storeSpans(clickhouse, strangers, theirs)
})

const get = async (path: string) => {
  const answer = await visitor.get(`/p/${projectId}${path}`)
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

describe('before any data', () => {
  test.each(['/overview', '/traces'])('%s names the next step', async path => {
    const { status, text } = await get(path)
    expect(status).toBe(200)
    expect(text).toContain('Send your first trace')
    expect(text).toContain(`/p/${projectId}/data-in`)
  })
})

describe('with a trace', () => {
  beforeAll(async () => {
    await storeSpans(web.services.clickhouse, projectId, own)
    await insertSignals(web.services.clickhouse, projectId, [
      { traceId, kind: 'thumbs', value: -1, polarity: -1, comment: 'wrong refund window', userId: 'ann' },
    ])
  })

  test('the overview shows the five metrics, and links each number to its traces', async () => {
    const { status, text } = await get('/overview')
    expect(status).toBe(200)
    for (const label of ['Negative feedback', 'Task completion', 'Tool failures', 'Latency, p50', 'Cost per session']) {
      expect(text).toContain(label)
    }
    expect(text).toContain('100 %')
    expect(text).toContain('wrong refund window')
    expect(text).toContain(`/p/${projectId}/traces?feedback=negative&amp;serving=ai`)
    expect(text).toContain('tool_outcome=empty')
  })

  test('a cost without a known price shows as unknown, not as 0', async () => {
    expect((await get('/overview')).text).toMatch(/unknown/)
    expect((await get('/traces')).text).toMatch(/>unknown</)
  })

  test('the list is painted by the server, with what was asked and answered in words', async () => {
    const { text } = await get('/traces')
    expect(text).toContain('How long may I return it?')
    expect(text).toContain('30 days')
    expect(text).toContain('4.82 s')
  })

  test('a filter that nothing matches offers to clear it; a window without traces offers a wider one', async () => {
    expect((await get('/traces?workflow=other')).text).toContain('Clear the filters')
    const empty = await get('/traces?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')
    expect(empty.text).toContain('No traces in this window')
    expect(empty.text).not.toContain('Clear the filters')
  })

  test('the trace page opens on its root, and on the span of the URL', async () => {
    const first = await get(`/traces/${traceId}`)
    expect(first.status).toBe(200)
    for (const text of ['support', 'canary', 'wrong refund window', 'execute_tool search_kb', '30 days']) {
      expect(first.text).toContain(text)
    }
    expect(first.text).not.toContain('Thirty days it is')
    expect((await get(`/traces/${traceId}?span=${call}`)).text).toContain('Thirty days it is')
    const toolPage = await get(`/traces/${traceId}?span=${tool}`)
    expect(toolPage.text).toContain('Arguments of')
    expect(toolPage.text).toContain('empty')
  })

  test('the export has every span whole, and the feedback', async () => {
    const { headers, text } = await get(`/traces/${traceId}/export`)
    expect(headers.get('content-disposition')).toBe(`attachment; filename="trace-${traceId}.json"`)
    const file = JSON.parse(text)
    expect(file.spans.map((each: { spanId: string }) => each.spanId)).toEqual([root, call, tool])
    expect(file.spans[1].input).toBe(own[1]!.input)
    expect(file.signals).toMatchObject([{ kind: 'thumbs', comment: 'wrong refund window' }])
  })

  test('the filter menu is told which values there are', async () => {
    const { text } = await get('/traces/facets')
    expect(JSON.parse(text)).toMatchObject({
      workflow: [{ value: 'support', traces: 1 }],
      tool: [{ value: 'search_kb', traces: 1 }],
      variant: [{ value: 'support=canary', traces: 1 }],
    })
  })

  test('a trace without its root says that it is still running', async () => {
    const late = newTraceId()
    const child = span({ traceId: late, parentSpanId: newSpanId(), name: 'agent step', at: ago(2000), durationMs: 500 })
    await storeSpans(web.services.clickhouse, projectId, [child])
    const { text } = await get(`/traces/${late}`)
    expect(text).toContain('Still running')
    expect(text).toContain('agent step')
  })

  test('a span or trace that is not there answers 404 with a sentence', async () => {
    const nothing = await get(`/traces/${newTraceId()}`)
    expect(nothing.status).toBe(404)
    expect(nothing.text).toContain('This project has no trace with this id')
    expect((await get(`/traces/${traceId}/spans/${newSpanId()}`)).status).toBe(404)
    expect((await get(`/traces/${newTraceId()}/export`)).status).toBe(404)
  })
})

describe('a trace of another project', () => {
  const foreign = theirs[0]!
  test.each([
    `/traces/${foreign.traceId}`,
    `/traces/${foreign.traceId}/export`,
    `/traces/${foreign.traceId}/spans/${foreign.spanId}`,
    `/traces/${foreign.traceId}/spans/${foreign.spanId}?from=${Date.now() - 3_600_000}&to=${Date.now()}`,
  ])('is not there: %s', async path => {
    const { status, text } = await get(path)
    expect(status).toBe(404)
    expect(text).not.toContain('secret')
  })

  test('is in no list', async () => {
    for (const path of ['/traces', '/traces?q=secret', '/traces/older', '/traces/facets', '/overview']) {
      expect((await get(path)).text, path).not.toContain('their secret')
    }
  })

  test('cannot be read through its own project by a stranger', async () => {
    const answers = ['traces', `traces/${foreign.traceId}`, `traces/${foreign.traceId}/export`, 'traces/older'].map(
      async path => (await visitor.get(`/p/${strangers}/${path}`)).status,
    )
    expect(await Promise.all(answers)).toEqual([404, 404, 404, 404])
  })
})

test('older pages follow the cursor to the end', async () => {
  await storeSpans(
    web.services.clickhouse,
    projectId,
    Array.from({ length: 230 }, (_, i) => span({ name: `bulk ${i}`, service: 'bulk', at: ago(3_600_000 + i * 1000) })),
  )
  const seen: string[] = []
  let cursor: string | null = ''
  do {
    const path: string = `/traces/older?service=bulk${cursor && `&cursor=${cursor}`}`
    const page: { rows: { name: string }[]; next: string | null; after: string | null; query: string } = JSON.parse(
      (await get(path)).text,
    )
    seen.push(...page.rows.map(({ name }) => name))
    expect([page.query, page.after ?? '']).toEqual(['service=bulk', cursor])
    cursor = page.next
  } while (cursor)
  expect(seen).toEqual(Array.from({ length: 230 }, (_, i) => `bulk ${i}`))
})
