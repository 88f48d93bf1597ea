import { expect, it } from 'vitest'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { TraceFacts } from '../../../ingest/trace-facts.ts'
import { otlpSpan, type Plain, startNs } from '../../ingest/otlp-factory.ts'

const scope = { name: '', version: '', spans: [] }
const span = (attributes: Record<string, Plain>, ids: { traceId?: string; parentSpanId?: string } = {}) =>
  mapSpan({ ...otlpSpan({ attributes }), parentSpanId: 'c'.repeat(16), ...ids }, scope, mapResource(new Map()), startNs)
const root = (attributes: Record<string, Plain>) => span(attributes, { parentSpanId: '' })

it('gives what one span says to all spans of its trace, whatever the order', () => {
  const told = span({
    'session.id': 's',
    'user.id': 'u',
    'davylamp.run.id': 'r',
    'davylamp.serving': 'ai',
    'davylamp.workflow.name': 'w',
    'davylamp.workflow.version': '2',
    'deployment.environment.name': 'production',
    'feature_flag.model': 'canary',
  })
  const spans = [span({}), told, root({})]
  new TraceFacts().fill('p', spans)
  for (const one of spans)
    expect(one).toMatchObject({
      sessionId: 's',
      userId: 'u',
      runId: 'r',
      serving: 'ai',
      workflow: 'w',
      workflowVersion: '2',
      environment: 'production',
      featureFlags: { model: 'canary' },
    })
})

it('never changes what a span says itself, and takes the word of the root before that of others', () => {
  const own = span({ 'user.id': 'inner' })
  const silent = span({})
  new TraceFacts().fill('p', [own, silent, root({ 'user.id': 'outer' })])
  expect([own.userId, silent.userId]).toEqual(['inner', 'outer'])
})

it('keeps the version of a workflow within the workflow apart', () => {
  const inner = span({ 'davylamp.workflow.name': 'inner' })
  new TraceFacts().fill('p', [root({ 'davylamp.workflow.name': 'outer', 'davylamp.workflow.version': '9' }), inner])
  expect(inner).toMatchObject({ workflow: 'inner', workflowVersion: '' })
})

it('gives the variants that a log told to spans that come after it, and never over their own', () => {
  const facts = new TraceFacts()
  const { traceId } = span({})
  facts.tell('p', traceId, { model: 'canary', search: 'b' })
  facts.tell('q', traceId, { other: 'c' })
  const late = span({ 'feature_flag.search': 'a' })
  facts.fill('p', [late])
  expect(late.featureFlags).toEqual({ model: 'canary', search: 'a' })
})

it('keeps traces apart, and projects', () => {
  const facts = new TraceFacts()
  facts.fill('p', [root({ 'user.id': 'u' })])
  const otherTrace = span({}, { traceId: 'd'.repeat(32) })
  const otherProject = span({})
  facts.fill('p', [otherTrace])
  facts.fill('q', [otherProject])
  expect([otherTrace.userId, otherProject.userId]).toEqual(['', ''])
})

it('remembers the traces of earlier requests, the last so many', () => {
  const facts = new TraceFacts(2)
  facts.fill('p', [root({ 'user.id': 'u' })])
  const later = span({})
  facts.fill('p', [later])
  expect(later.userId).toBe('u')
  for (const digit of ['1', '2']) facts.fill('p', [span({}, { traceId: digit.repeat(32) })])
  const tooLate = span({})
  facts.fill('p', [tooLate])
  expect(tooLate.userId).toBe('')
})

it('forgets the trace that it met longest ago, one for each that is new, however many come', () => {
  const facts = new TraceFacts(100)
  const idOf = (at: number) => at.toString(16).padStart(32, '0')
  const meet = (at: number) => facts.fill('p', [span({ 'user.id': `u${at}` }, { traceId: idOf(at) })])
  const knows = (at: number) => {
    const late = span({}, { traceId: idOf(at) })
    facts.fill('p', [late])
    return late.userId === `u${at}`
  }
  for (let at = 1; at <= 1_000; at++) {
    meet(at)
    // The first is met again and again, so it is never the oldest.
    expect(knows(1)).toBe(true)
  }
  expect([901, 950, 1_000].map(knows)).toEqual([false, true, true])
  expect(knows(902)).toBe(false)
})
