import { beforeAll, describe, expect, test } from 'vitest'
import { readQuality } from '../../app/routes/quality/quality.server.ts'
import { metricById } from '../../db/domain/metrics.ts'
import type { Span } from '../../db/domain/span.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { shownValue } from '../../db/domain/window-change.ts'
import { metricBreakdown } from '../../db/metrics.ts'
import { createProject } from '../../db/projects.ts'
import { insertSignals, modelCall, type SignalFields, storeSpans, toolCall, trace } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let strangers: string

beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  strangers = await createProject(web.services.postgres, { name: 'Theirs' })
})

const get = async (path: string, project = projectId) => {
  const answer = await visitor.get(`/p/${project}${path}`)
  return { status: answer.status, text: (await answer.text()).replaceAll('<!-- -->', '') }
}

test.each(['/quality', '/quality/tools'])('before any data %s names the next step', async path => {
  const { status, text } = await get(path)
  expect(status).toBe(200)
  expect(text).toContain('Send your first trace')
})

describe('with two weeks of traces', () => {
  beforeAll(async () => {
    const { clickhouse } = web.services
    const { spans, signals } = twoWeeks()
    await storeSpans(clickhouse, projectId, spans)
    await insertSignals(clickhouse, projectId, signals)
    const theirs = toolCall({ toolName: 'their_secret_tool', toolOutcome: 'error', at: new Date(Date.now() - hourMs) })
    await storeSpans(clickhouse, strangers, trace({ at: new Date(Date.now() - hourMs) }, [theirs]))
  })

  test('the five metrics stand beside the week before, with what is sure and what is not', async () => {
    const { status, text } = await get('/quality')
    expect(status).toBe(200)
    expect(text).toContain('Against the same days a week before')
    for (const label of ['Negative feedback', 'Task completion', 'Tool failures', 'Latency, p50', 'Cost per session'])
      expect(text).toContain(label)
    expect(text).toMatch(/\+\d+ % worse/)
    expect(text).toMatch(/99 % interval \+[\d.]+ % to \+[\d.]+ %/)
    expect(text).toContain('no clear change')
    expect(text).toContain('too few events to tell')
    expect(text).toContain('60 users, 60 before')
  })

  test.each(['workflow', 'version', 'model', 'variant', 'environment', 'release', 'tag', 'tool', 'serving'])(
    'each row by %s opens exactly its traces',
    async by => {
      const { text } = await get(`/quality?by=${by}&metric=error_rate`)
      const rows = [
        ...text.matchAll(
          /<th scope="row"[^>]*><a[^>]*href="([^"]+)"[^>]*>([^<]*)<\/a><\/th>.*?<td>([\d,]+)<\/td><\/tr>/g,
        ),
      ]
      expect(rows.length).toBeGreaterThan(0)
      for (const [, href, label, traces] of rows) {
        const opened = await get(href!.replaceAll('&amp;', '&').replace(`/p/${projectId}`, ''))
        expect(opened.text, label).toContain(`${traces} traces in this window`)
      }
    },
  )

  test.each(['error_rate', 'latency', 'cost_per_session'] as const)(
    'each row of %s has the value that it had the week before',
    async metric => {
      const { clickhouse } = web.services
      const now = new Date()
      const page = await readQuality(clickhouse, projectId, new URLSearchParams({ metric, by: 'workflow' }), now)
      const week = { from: new Date(page.beforeFromMs), to: new Date(page.beforeToMs) }
      const set = { projectId, ...week, filters: { serving: ['ai'] } }
      const earlier = await metricBreakdown(clickhouse, set, [metric], 'workflow')
      const told = new Map(earlier.map(({ key, readings }) => [key, shownValue(metricById(metric), readings[metric])]))
      expect(page.rows.length).toBeGreaterThan(1)
      for (const { key, before } of page.rows) expect(before, key).toBeCloseTo(told.get(key)!, 12)
    },
  )

  test('each number of a metric opens what it counts', async () => {
    const { text } = await get('/quality?metric=negative_feedback_rate')
    const links = [...text.matchAll(/<a ([^>]*)>(\d+)<\/a>/g)].filter(([, attributes]) =>
      attributes!.includes('underline'),
    )
    const numbers = links.map(([, attributes, count]) => [/href="([^"]+)"/.exec(attributes!)?.[1], count]).slice(0, 4)
    expect(numbers.length).toBe(4)
    for (const [href, count] of numbers) {
      const opened = await get(href!.replaceAll('&amp;', '&').replace(`/p/${projectId}`, ''))
      expect(opened.text).toContain(`${count} traces in this window`)
    }
  })

  test('a filter narrows all of it, and stays in every link', async () => {
    const { text } = await get('/quality?workflow=draft&by=model')
    expect(text).toContain('20 users, 20 before')
    expect(text).toMatch(/\/quality\/tools\?workflow=draft/)
    expect(text).toMatch(/\/traces\?[^"]*workflow=draft[^"]*model=/)
  })

  test('deterministic traces stand apart', async () => {
    expect((await get('/quality?serving=deterministic&by=workflow')).text).toContain('too few users to tell')
    const { text } = await get('/quality?by=serving')
    const rows = [...text.matchAll(/<th scope="row"[^>]*>(?:<a[^>]*>)?([^<]*)</g)].map(([, label]) => label)
    expect(rows).toEqual(['ai'])
  })

  test('a row a tool, with its own calls', async () => {
    const { status, text } = await get('/quality/tools')
    expect(status).toBe(200)
    const rows = text.match(/<tr class="hover:bg-hover">.*?<\/tr>/g) ?? []
    const cells = rows.map(row =>
      row
        .replace(/<[^>]+>/g, '|')
        .split('|')
        .filter(Boolean),
    )
    expect(cells.map(([name, calls, failed, empty]) => [name, calls, failed, empty])).toEqual([
      ['search_kb', '120', '0', '6'],
      ['refund', '60', '30', '0'],
    ])
    expect(text).toContain('quality/tool?tool=refund')
    expect(text).not.toContain('their_secret_tool')
  })

  test('a tool tells its errors and shows failed and empty calls, each with its span', async () => {
    const { status, text } = await get('/quality/tool?tool=refund')
    expect(status).toBe(200)
    expect(text).toContain('order 4711 is locked')
    expect(text).toMatch(/in 30 traces, last/)
    expect(text).toMatch(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}/)
    expect(text).toContain('None in this window.')
    expect((await get('/quality/tool?tool=search_kb')).text).toContain('{&quot;q&quot;:&quot;window&quot;}')
  })

  test('a tool that was not called says so, and one without a name is not found', async () => {
    expect((await get('/quality/tool?tool=their_secret_tool')).text).toContain('Not called in this window')
    const nameless = await get('/quality/tool')
    expect(nameless.status).toBe(404)
    expect(nameless.text).toContain('choose one under Tools')
  })

  test('an address with nonsense shows the page all the same', async () => {
    for (const query of [
      '?metric=nope&by=nope&range=nope',
      '?by=%00&from=x',
      '?metric=latency&by=tool&tool=a&tool=%27',
    ])
      expect((await get(`/quality${query}`)).status, query).toBe(200)
    expect((await get('/quality/tool?tool=%27%20or%201=1--&range=90d')).status).toBe(200)
  })

  test.each(['/quality', '/quality/tools', '/quality/tool?tool=their_secret_tool'])(
    "of another's project %s is not found",
    async path => expect((await get(path, strangers)).status).toBe(404),
  )
})

/** Sixty users a week with three traces each, in two workflows; refunds fail, and feedback is worse, this week only. */
function twoWeeks() {
  const spans: Span[] = []
  const signals: SignalFields[] = []
  for (const week of [0, 1]) {
    for (let i = 0; i < 180; i++) {
      const user = i % 60
      const at = new Date(Date.now() - week * 7 * dayMs - hourMs - (i % 150) * hourMs)
      const isDraft = user % 3 === 0
      const facts = {
        at,
        durationMs: 1000 + (i % 7) * 100,
        userId: `user-${user}`,
        sessionId: `session-${week}-${user}`,
        workflow: isDraft ? 'draft' : i % 90 === 1 ? '' : 'support',
        workflowVersion: i % 2 === 0 ? '2' : '',
        environment: isDraft ? 'staging' : 'production',
        release: '1.2.0',
        serving: i % 45 === 0 ? ('deterministic' as const) : ('ai' as const),
        featureFlags: { desk: user % 2 === 0 ? 'canary' : 'control', theme: 'dark' },
        tags: user % 5 === 0 ? ['vip', 'eu'] : [],
        status: i % 60 === 7 ? ('error' as const) : ('ok' as const),
      }
      const calls = [
        modelCall({ at, model: i % 4 === 0 ? 'gpt-4o-2024-11-20' : 'claude-sonnet-4-5-20250929' }),
        ...(i % 3 === 1 && facts.serving === 'ai'
          ? refundCalls(at, { isFailing: week === 0 && i % 2 === 0, isEmpty: i % 10 === 1 })
          : []),
      ]
      const made = trace(facts, calls)
      made[0]!.tags = facts.tags
      spans.push(...made)
      const isBad = user % 10 < (week === 0 ? 6 : 2)
      signals.push({ traceId: made[0]!.traceId, kind: 'thumbs', value: isBad ? -1 : 1, polarity: isBad ? -1 : 1, at })
    }
  }
  return { spans, signals }
}

function refundCalls(at: Date, { isFailing, isEmpty }: { isFailing: boolean; isEmpty: boolean }): Span[] {
  const search = (toolOutcome: 'ok' | 'empty') =>
    toolCall({ toolName: 'search_kb', toolOutcome, toolArguments: '{"q":"window"}', at, durationMs: 20 })
  const refund = isFailing
    ? { toolOutcome: 'error' as const, statusMessage: 'order 4711 is locked' }
    : { toolOutcome: 'ok' as const }
  return [
    search('ok'),
    search(isEmpty ? 'empty' : 'ok'),
    toolCall({ toolName: 'refund', at, durationMs: 80, ...refund }),
  ]
}
