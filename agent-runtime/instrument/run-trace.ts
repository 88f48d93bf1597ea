import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import type { Run } from '../../db/runs.ts'
import { attemptSpanId, runAttributes, type Tracing } from './tracing.ts'

export type Serving = 'ai' | 'deterministic'
export type RunTrace = ReturnType<typeof openRunTrace>

/**
 * The spans of one attempt at a run. The root's id was decided with the run, so attempts of any worker stand below it;
 * the root itself is written when the run ends, by `writeRoot`.
 */
export function openRunTrace(tracing: Tracing, run: Run, serving: Serving) {
  const { tracer, ids, outbox } = tracing
  const root = rootContext(run)
  let served = serving
  let common = runAttributes(run, serving)
  let current: Span | undefined
  outbox.own(run.traceId, run.projectId)

  return {
    /** The attempt's own span, linked to the attempt before it. */
    startAttempt(name: string, attributes: Attributes): Span {
      const spanId = current ? undefined : attemptSpanId(run.id, run.attempt)
      const start = () =>
        tracer.startSpan(
          name,
          { attributes: { ...common, ...attributes, 'davylamp.attempt': run.attempt }, links: linksOf(run) },
          root,
        )
      const span = spanId ? ids.with({ traceId: run.traceId, spanId }, start) : start()
      current ??= span
      return span
    },
    startSpan: (name: string, attributes: Attributes, parent: Context = root) =>
      tracer.startSpan(name, { attributes: { ...common, ...attributes } }, parent),
    /** From here on spans say what serves, and the flags that the run has by now. */
    serve(next: Serving) {
      common = runAttributes(run, next)
      served = next
    },
    /** A flag was read: the spans begun from here on carry it. */
    flagRead() {
      common = runAttributes(run, served)
    },
    flush: (timeoutMs: number) => outbox.flush(run.projectId, timeoutMs),
    close: () => outbox.disown(run.traceId),
  }
}

/**
 * Writes the root span of an ended run from its row alone: whoever writes it again writes the same span, which ingest
 * stores once.
 */
export function writeRoot({ tracer, ids, outbox }: Tracing, run: Run) {
  const endedAt = run.endedAt ?? new Date()
  outbox.own(run.traceId, run.projectId)
  const spanId = rootSpanId(run)
  const attributes: Attributes = {
    ...runAttributes(run, run.servedBy ?? 'ai'),
    'gen_ai.operation.name': 'invoke_workflow',
    'gen_ai.workflow.name': run.workflow,
    'davylamp.run.status': run.status,
    'davylamp.attempts': run.attempt,
    'davylamp.paused_ms': run.pausedMs,
    'input.value': JSON.stringify(run.input),
    'input.mime_type': 'application/json',
    ...(run.result !== null && { 'output.value': JSON.stringify(run.result), 'output.mime_type': 'application/json' }),
    ...(run.servedReason && { 'davylamp.served_reason': run.servedReason }),
    ...(run.usage.ttftMs !== undefined && { 'gen_ai.response.time_to_first_chunk': run.usage.ttftMs / 1000 }),
    ...Object.fromEntries(
      Object.entries(run.metadata).map(([key, value]) => [`davylamp.metadata.${key}`, textOf(value)]),
    ),
  }
  const start = () =>
    tracer.startSpan(`invoke_workflow ${run.workflow}`, {
      root: true,
      startTime: run.startedAt ?? run.createdAt,
      attributes,
    })
  const span = ids.with({ traceId: run.traceId, spanId }, start)
  if (run.status === 'done') span.setStatus({ code: SpanStatusCode.OK })
  if (run.status === 'cancelled') span.setAttribute('davylamp.status', 'interrupted')
  if (run.status === 'error') span.setStatus({ code: SpanStatusCode.ERROR, message: run.error ?? '' })
  span.end(endedAt)
  outbox.disown(run.traceId)
}

/** Closes the span of an attempt whose worker was lost, so that what it did stands below something. */
export function writeLostAttempt({ tracer, ids, outbox }: Tracing, run: Run) {
  outbox.own(run.traceId, run.projectId)
  const attributes: Attributes = {
    ...runAttributes(run, run.servedBy ?? 'ai'),
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': run.workflow,
    'davylamp.attempt': run.attempt,
    'error.type': 'worker_lost',
  }
  const options = { startTime: run.attemptStartedAt ?? run.createdAt, attributes, links: linksOf(run) }
  const start = () => tracer.startSpan(`invoke_agent ${run.workflow}`, options, rootContext(run))
  const span = ids.with({ traceId: run.traceId, spanId: attemptSpanId(run.id, run.attempt) }, start)
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'worker lost' })
  span.end(run.heartbeatAt ?? new Date())
  outbox.disown(run.traceId)
}

const rootSpanId = (run: Run) => run.rootSpanId ?? attemptSpanId(run.id, 0)

function rootContext(run: Run): Context {
  const spanContext = { traceId: run.traceId, spanId: rootSpanId(run), traceFlags: TraceFlags.SAMPLED, isRemote: true }
  return trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

function linksOf(run: Run): Link[] {
  if (run.attempt <= 1) return []
  const context = {
    traceId: run.traceId,
    spanId: attemptSpanId(run.id, run.attempt - 1),
    traceFlags: TraceFlags.SAMPLED,
  }
  return [{ context, attributes: { 'davylamp.link': 'previous attempt', 'davylamp.link.reason': run.queuedBecause } }]
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
