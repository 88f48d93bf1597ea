import type { SpanFields } from '../db/span-table.ts'

/** What is true of a whole trace, but instrumentations put on some of its spans only. */
type Facts = Pick<
  SpanFields,
  'sessionId' | 'userId' | 'workflow' | 'workflowVersion' | 'runId' | 'serving' | 'environment' | 'featureFlags'
>

type Flags = Facts['featureFlags']

/** Facts of the traces seen last, for spans that arrive in a later request. Bounded: the oldest are forgotten. */
export class TraceFacts {
  private readonly traces = new Map<string, Facts>()
  /** Goes on where it was: a new one would first have to pass all that was deleted. */
  private oldest = this.traces.keys()
  private readonly limit: number

  constructor(limit = 50_000) {
    this.limit = limit
  }

  /**
   * Fills what spans leave empty from their siblings in the same request, then from what earlier requests told of the
   * trace. A root's word goes before that of its descendants; a span's own word is never changed.
   */
  fill(projectId: string, spans: readonly SpanFields[]) {
    for (const [traceId, siblings] of Map.groupBy(spans, span => span.traceId)) {
      const key = `${projectId}/${traceId}`
      const facts = this.recall(key)
      for (const span of siblings) if (span.parentSpanId === '') learn(facts, span)
      for (const span of siblings) if (span.parentSpanId !== '') learn(facts, span)
      for (const span of siblings) apply(facts, span)
      this.remember(key, facts)
    }
  }

  /** Notes variants that a log told of a trace, for its spans that are yet to come. */
  tell(projectId: string, traceId: string, flags: Readonly<Record<string, string>>) {
    if (Object.keys(flags).length === 0) return
    const key = `${projectId}/${traceId}`
    const facts = this.recall(key)
    for (const [flag, variant] of Object.entries(flags)) facts.featureFlags[flag] ??= variant
    this.remember(key, facts)
  }

  private recall(key: string): Facts {
    return this.traces.get(key) ?? noFacts()
  }

  private remember(key: string, facts: Facts) {
    this.traces.delete(key)
    this.traces.set(key, facts)
    if (this.traces.size > this.limit) this.forgetOldest()
  }

  private forgetOldest() {
    // What is remembered again stands at the end, and what it has passed is gone: so the next is the oldest.
    const { value, done } = this.oldest.next()
    if (done) this.oldest = this.traces.keys()
    else this.traces.delete(value)
  }
}

const noFacts = (): Facts => ({
  sessionId: '',
  userId: '',
  workflow: '',
  workflowVersion: '',
  runId: '',
  serving: '',
  environment: '',
  featureFlags: Object.create(null),
})

function learn(facts: Facts, span: SpanFields) {
  facts.sessionId ||= span.sessionId
  facts.userId ||= span.userId
  facts.workflow ||= span.workflow
  facts.runId ||= span.runId
  facts.environment ||= span.environment
  facts.serving ||= span.serving
  if (facts.workflow === span.workflow) facts.workflowVersion ||= span.workflowVersion
  for (const flag in span.featureFlags) facts.featureFlags[flag] ??= span.featureFlags[flag] as string
}

function apply(facts: Facts, span: SpanFields) {
  span.sessionId ||= facts.sessionId
  span.userId ||= facts.userId
  span.workflow ||= facts.workflow
  span.runId ||= facts.runId
  span.environment ||= facts.environment
  span.serving ||= facts.serving
  // A span of a workflow within the workflow has a version of its own, or none.
  if (span.workflow === facts.workflow) span.workflowVersion ||= facts.workflowVersion
  span.featureFlags = both(facts.featureFlags, span.featureFlags)
}

/** The flags of a trace, and its span's own before them. Spans share what they have in common. */
function both(shared: Flags, own: Flags): Flags {
  for (const flag in shared) if (own[flag] === undefined) return Object.assign(Object.create(null), shared, own)
  return own
}
