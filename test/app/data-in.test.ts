import { beforeAll, describe, expect, it } from 'vitest'
import { openLedger } from '../../db/ledger.ts'
import { openMonitor } from '../../db/monitor.ts'
import { createProject } from '../../db/projects.ts'
import { openRejects } from '../../db/rejects.ts'
import { insertSignals } from '../../db/signals.ts'
import { modelCall, span, storeSpans } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
})

const page = async (query = '', of = projectId) => (await visitor.get(`/p/${of}/data-in${query}`)).text()

it('waits for the first span, and has a set-up for each client', async () => {
  const text = await page()
  expect(text).toContain('Waiting for your first span.')
  expect(text).toContain('Nothing arrived in this window')
  for (const label of [
    'Node.js, gRPC',
    'LangChain.js',
    'Vercel AI SDK',
    'OpenLLMetry',
    'Langfuse',
    'LangSmith',
    'curl',
  ])
    expect(text).toContain(label)
  expect(await page('?client=langfuse')).toContain('LangfuseSpanProcessor')
  expect(await page('?client=nothing')).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
})

const signal = {
  ...{ spanId: '', runId: '', sessionId: '', userId: '', kind: 'copy' as const, value: null, polarity: 1 as const },
  ...{ action: '', comment: '', labels: {}, source: 'page' },
}
/** The rows of a table: what stands in their heads, and the number beside it. */
const lines = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/<th scope="row"[^>]*>([^<]+)<\/th><td[^>]*>([\d,]+)<\/td>/g)].map(([, name, count]) => [
      name,
      Number(count),
    ]),
  )

describe('what arrived', () => {
  const sample = '<script>alert(1)</script>'
  beforeAll(async () => {
    const { clickhouse, postgres, log } = web.services
    const ledger = openLedger({ clickhouse, log, monitor: openMonitor({ log }) })
    const rejects = openRejects({ postgres, log })
    const note = { projectId, client: 'shop-exporter', item: 'spans' as const }
    ledger.record({ ...note, outcome: 'received', count: 1_234, bytes: 9_000 })
    ledger.record({ ...note, outcome: 'stored', count: 1_200 })
    ledger.record({ ...note, outcome: 'duplicate', count: 30 })
    ledger.record({ ...note, outcome: 'rejected', reason: 'span id is missing', count: 4 })
    ledger.record({ ...note, item: 'logs', outcome: 'received', count: 55_555 })
    const theirs = await createProject(postgres, { name: 'Theirs' })
    rejects.note({ ...note, reason: 'span id is missing', detail: 'A sentence on it.', sample })
    rejects.note({ ...note, projectId: theirs, reason: 'span id is missing', detail: 'x', sample: 'their secret' })
    await Promise.all([ledger.stop(), rejects.stop()])
    const spans = [
      modelCall({ mappedBy: 'gen_ai.operation.name' }),
      modelCall({ mappedBy: 'openinference.span.kind, around a call' }),
      span({}),
    ]
    await storeSpans(clickhouse, projectId, spans)
    await storeSpans(clickhouse, theirs, [span({ mappedBy: 'langsmith.span.kind' })])
  })

  it('is counted, by outcome, by client and by convention, with the newest trace', async () => {
    const text = await page()
    expect(text).toContain('Spans arrive.')
    for (const shown of [
      '1,234',
      '1,200',
      'shop-exporter',
      '9 KB',
      'OpenTelemetry GenAI',
      'OpenInference',
      'No convention',
    ])
      expect(text).toContain(shown)
    expect(text).not.toContain('langsmith.span.kind')
    expect(text).not.toContain('Nothing was rejected')
  })

  it('tells whether feedback found its trace, and how often it was repeated and corrected', async () => {
    const { clickhouse, ledger } = web.services
    expect(await page()).not.toContain('whether they found their trace')
    const traceId = 'ab'.repeat(16)
    const lostId = 'cd'.repeat(16)
    const give = (id: string, of: string, hoursAgo: number, project = projectId) => {
      const at = new Date(Date.now() - hoursAgo * 3_600_000)
      return insertSignals(clickhouse, [{ ...signal, id, traceId: of, at, projectId: project }], at)
    }
    await storeSpans(clickhouse, projectId, [span({ traceId })])
    await Promise.all([give('a', traceId, 0), give('b', 'ef'.repeat(16), 0), give('c', lostId, 3)])
    await give('d', 'ff'.repeat(16), 3, 'another-project')
    const note = { projectId, client: 'a page', item: 'signals' as const }
    ledger.record({ ...note, outcome: 'duplicate', count: 77 }, { ...note, outcome: 'corrected', count: 88 })
    ledger.record({ ...note, outcome: 'rejected', reason: 'value: must be 1 or -1', count: 99 })
    await ledger.flush()
    const text = await page()
    expect(text).toContain('2 without a trace')
    expect(lines(text)).toMatchObject({ Matched: 1, Waiting: 1, Unmatched: 1, Repeated: 77, Corrected: 88 })
    expect(text).toContain(`/traces/${lostId}`)
    expect(text).not.toContain('ff'.repeat(16))
    expect(text).toContain('value: must be 1 or -1')
    expect(await page('?item=signals')).toContain('signals over time, by what became of them')
  })

  it('is told of logs where the URL asks for them', async () => {
    const received = /Received<\/dt><dd[^>]*>([\d,]+)/
    expect(received.exec(await page())?.[1]).toBe('1,234')
    expect(received.exec(await page('?item=logs'))?.[1]).toBe('55,555')
  })

  it('is of the window that the URL names', async () => {
    expect(await page('?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')).toContain('Nothing arrived in this window')
  })

  it('shows what was rejected, why, and a sample as text that no browser runs', async () => {
    const text = await page()
    expect(text).toContain('span id is missing')
    expect(text).toContain('A sentence on it.')
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(text).not.toContain(`<code>${sample}`)
    expect(text).not.toContain('their secret')
  })
})
