import type { Evidence, Told } from '../../db/domain/incident.ts'

export const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  current: 0.109,
  baseline: 0.081,
  relative: 0.3457,
  low: 0.12,
  high: 0.58,
  users: 2310,
  baselineUsers: 2280,
  window: { from: '2026-03-05T14:00:00.000Z', split: '2026-03-12T14:00:00.000Z', to: '2026-03-19T14:00:00.000Z' },
  since: '2026-03-17T14:00:00.000Z',
  segments: [
    { dimension: 'model', key: 'gpt-4o-2024-11-20', current: 0.142, baseline: 0.08, carries: 0.97 },
    { dimension: 'workflow', key: 'support-agent', current: 0.12, baseline: 0.083, carries: 0.83 },
  ],
  traces: Array.from({ length: 5 }, (_, i) => ({
    traceId: `${i}`.repeat(32),
    at: `2026-03-18T0${i}:12:00.000Z`,
    why: 'negative feedback: How long may I return a pair of shoes?',
  })),
  changes: [
    {
      at: '2026-03-17T13:40:00.000Z',
      kind: 'new model',
      what: 'model gpt-4o-2024-11-20 seen for the first time',
      to: 'traces?model=gpt-4o-2024-11-20',
    },
  ],
  ...more,
})

/** What is told of an incident, by default that one on negative feedback began. */
export const told = (more: Partial<Told> = {}): Told => ({
  incidentId: 12,
  projectName: 'Support desk',
  kind: 'opened',
  metric: 'negative_feedback_rate',
  ruleName: 'Negative feedback, each workflow',
  scope: 'support-agent',
  filters: {},
  lane: 'week',
  severity: 'page',
  reason: 'worse by 35 %, at 2 looks in a row',
  startedAt: '2026-03-19T14:10:00.000Z',
  at: '2026-03-19T14:10:00.000Z',
  evidence: evidence(),
  ...more,
})

/** A message whose every text is as long and as hostile as its sender allows. */
export const monstrous = (): Told => {
  const nasty = '<script>alert(1)</script> & <!channel> <@U123> *bold* | \u202E 👩‍👩‍👧‍👦 "quoted" '
  const long = (n: number) => nasty.repeat(Math.ceil(n / nasty.length)).slice(0, n)
  return told({
    projectName: long(400),
    ruleName: long(120),
    scope: long(1_000),
    filters: { workflow: Array.from({ length: 20 }, (_, i) => long(500 - i)) },
    evidence: evidence({
      segments: Array.from({ length: 8 }, () => ({
        dimension: 'model',
        key: long(2_000),
        current: 1,
        baseline: 0.5,
        carries: 1,
      })),
      traces: Array.from({ length: 5 }, () => ({
        traceId: 'a'.repeat(32),
        at: '2026-03-18T01:12:00.000Z',
        why: long(3_000),
      })),
      changes: Array.from({ length: 20 }, () => ({
        at: '2026-03-18T01:12:00.000Z',
        kind: 'new model',
        what: long(3_000),
        to: `traces?q=${'x'.repeat(4_000)}`,
      })),
    }),
  })
}
