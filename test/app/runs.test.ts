import { randomBytes, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { NewRunEvent } from '../../db/domain/run.ts'
import { createRun } from '../../db/runs.ts'
import { listRunRows, runCursor } from '../../db/runs-view.ts'
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

async function mintRun(input: Record<string, unknown>, workflow = 'analyze') {
  const runId = `run_${randomUUID()}`
  const traceId = randomBytes(16).toString('hex')
  const ids = { id: runId, projectId, traceId, rootSpanId: randomBytes(8).toString('hex') }
  const limits = { maxQueuedRuns: 10_000, maxRunsPerUser: 10_000 }
  await createRun(web.services.postgres, { ...ids, workflow, workflowVersion: '3', input }, limits)
  return { runId, traceId, attempt: 1 }
}
const page = async (path: string) => (await visitor.get(`/p/${projectId}/${path}`)).text()

const started: NewRunEvent = { type: 'started', data: { worker: 'w', served_by: 'ai' } }
const tool = { tool_id: 't', name: 'search_knowledge_base' }

describe('the page of a run', () => {
  it('tells the whole of a run that ended, painted by the server', async () => {
    const run = await mintRun({ question: 'How long is the warranty?' })
    const result = {
      answer: 'Two **years**.',
      sources: [{ title: 'Warranty', path: 'policy/warranty.md', snippet: '…' }],
    }
    await web.services.events.append(run, [
      started,
      { type: 'progress', data: { text: 'Searching the knowledge base' } },
      { type: 'tool.start', data: { ...tool, arguments: { query: 'warranty' } } },
      { type: 'tool.end', data: { ...tool, outcome: 'empty', result: [] } },
      { type: 'done', data: { result, served_by: 'ai' } },
    ])
    const text = await page(`runs/${run.runId}`)
    for (const words of ['How long is the warranty?', 'Searching the knowledge base', 'empty', 'policy/warranty.md'])
      expect(text).toContain(words)
    expect(text).toContain('Two <strong>years</strong>.')
    expect(text).toContain(`/p/${projectId}/traces/${run.traceId}`)
  })

  it('asks the person when the run waits, and offers to cancel it', async () => {
    const run = await mintRun({ question: 'Publish it?' })
    const value = { action: 'publish_summary', title: 'A summary' }
    await web.services.events.append(run, [started, { type: 'interrupt', data: { interrupt_id: 'i', value } }])
    const text = await page(`runs/${run.runId}`)
    for (const words of ['Wants to publish summary', 'Approve', 'Reject', 'Cancel']) expect(text).toContain(words)
  })

  it('says why a run failed', async () => {
    const run = await mintRun({ question: 'Will it fail?' })
    const error: NewRunEvent = { type: 'error', data: { message: 'all models are down', code: 'model_unavailable' } }
    await web.services.events.append(run, [started, error])
    expect(await page(`runs/${run.runId}`)).toContain('all models are down')
  })

  it('shows what a model wrote as words, never as a page of its own', async () => {
    const run = await mintRun({ question: 'Inject' })
    const answer =
      '<script>alert(1)</script> [click](javascript:alert(2)) ![x](https://evil.example/pixel.png) safe end'
    await web.services.events.append(run, [started, { type: 'done', data: { result: { answer }, served_by: 'ai' } }])
    const [, body = ''] = /<main[^>]*>(.*)<\/main>/s.exec(await page(`runs/${run.runId}`)) ?? []
    expect(body).toContain('safe end')
    for (const bad of ['<script>alert', 'href="javascript:', '<img']) expect(body).not.toContain(bad)
  })
})

describe('the list of runs', () => {
  it('narrows to a status and a workflow', async () => {
    await mintRun({ question: 'Only this one' }, 'rare')
    await mintRun({ topic: 'without a question' }, 'plain')
    const rare = await page('runs?workflow=rare')
    expect([rare.includes('Only this one'), rare.includes('without a question')]).toEqual([true, false])
    expect(await page('runs?workflow=plain')).toContain('without a question')
    expect(await page('runs?workflow=rare&status=error')).toContain('No run matches')
  })

  it('pages through runs of the same millisecond without losing or repeating one', async () => {
    const { sql } = web.services.postgres
    for (let n = 0; n < 30; n++) await mintRun({ question: `Paged ${n}` }, 'paged')
    await sql`
      update runs set created_at = timestamptz '2026-11-01 10:00:00.123' + (random() * 900)::int * interval '1 microsecond'
      where workflow = 'paged'`
    const seen: string[] = []
    for (let before: string | undefined; ; ) {
      const rows = await listRunRows(web.services.postgres, { projectId, workflow: 'paged', before, limit: 7 })
      seen.push(...rows.map(row => row.id))
      const last = rows.at(-1)
      if (!last || rows.length < 7) break
      before = runCursor(last)
    }
    expect([seen.length, new Set(seen).size]).toEqual([30, 30])
  })

  it.each(['nonsense', '1~', '~x', '99999999999999999~run'])('takes a bad cursor as none: %s', async before => {
    expect((await visitor.get(`/p/${projectId}/runs/older?cursor=${before}`)).status).toBe(200)
  })

  it('tells older runs of the same status and workflow, and which list they belong to', async () => {
    for (let n = 0; n < 103; n++) await mintRun({ question: `Many ${n}` }, 'many')
    await mintRun({ question: 'Another' }, 'other')
    type Older = { rows: { id: string; workflow: string }[]; next: string | null; after: string | null; query: string }
    const older = async (cursor: string): Promise<Older> =>
      JSON.parse(await page(`runs/older?workflow=many&live=1${cursor && `&cursor=${cursor}`}`))
    const first = await older('')
    const second = await older(first.next ?? '')
    expect([first.rows.length, second.rows.length, second.next]).toEqual([100, 3, null])
    expect([second.after, second.query]).toEqual([first.next, 'workflow=many'])
    const all = [...first.rows, ...second.rows]
    expect(new Set(all.map(({ id }) => id)).size).toBe(103)
    expect(new Set(all.map(({ workflow }) => workflow))).toEqual(new Set(['many']))
  })
})
