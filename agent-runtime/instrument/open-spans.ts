import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { WithoutModel } from '../hold.ts'
import type { Model } from '../inference/models.ts'
import type { RunTrace } from './run-trace.ts'

export type OpenSpan = {
  span: Span
  startedAt: number
  input: string
  text: string
  ttftMs?: number
  served?: Model
}

/** The spans of one attempt that have not ended, by LangChain's run ids, and what stands below which. */
export class OpenSpans {
  private readonly open = new Map<string, OpenSpan>()
  private readonly contexts = new Map<string, Context>()
  private readonly trace: RunTrace
  private readonly signal: AbortSignal

  constructor(trace: RunTrace, signal: AbortSignal) {
    this.trace = trace
    this.signal = signal
  }

  get isHalted() {
    return this.signal.aborted
  }

  get = (runId: string) => this.open.get(runId)
  /** Known also after the span has ended. */
  contextOf = (runId: string): Context | undefined => this.contexts.get(runId)
  spanId = (runId: string) => trace.getSpanContext(this.contexts.get(runId) ?? ROOT_CONTEXT)?.spanId

  start(runId: string, parentRunId: string | undefined, name: string, attributes: Attributes, input: string) {
    const parent = parentRunId ? this.contexts.get(parentRunId) : undefined
    this.keep(runId, this.trace.startSpan(name, attributes, parent), input)
  }

  keep(runId: string, span: Span, input: string) {
    this.contexts.set(runId, trace.setSpan(ROOT_CONTEXT, span))
    this.open.set(runId, { span, startedAt: performance.now(), input, text: '' })
  }

  /** A run that gets no span: what is below it stands below its parent. */
  pass(runId: string, parentRunId: string) {
    const parent = this.contexts.get(parentRunId)
    if (parent) this.contexts.set(runId, parent)
  }

  end(runId: string, attributes: Attributes = {}) {
    const entry = this.open.get(runId)
    if (!entry) return
    this.open.delete(runId)
    entry.span.setAttributes(attributes)
    entry.span.end()
  }

  /** Ends a span by an error; one that LangGraph throws to steer, or that a halt of the run causes, is an interruption. */
  fail(runId: string, error: unknown, attributes: Attributes = {}) {
    if (isControlFlow(error) || this.isHalted)
      return this.end(runId, { ...attributes, 'davylamp.status': 'interrupted' })
    const cause = error instanceof Error ? error : new Error(String(error))
    const span = this.open.get(runId)?.span
    span?.recordException(cause)
    span?.setStatus({ code: SpanStatusCode.ERROR, message: cause.message })
    this.end(runId, { ...attributes, 'error.type': cause.name })
  }

  /** Ends what is still open: on an abort, errors of model calls arrive after the root's; they have 2 s. */
  async settle(timeoutMs = 2_000) {
    const until = Date.now() + timeoutMs
    while (this.open.size > 0 && Date.now() < until) await new Promise(resolve => setTimeout(resolve, 20))
    for (const runId of [...this.open.keys()].reverse()) this.end(runId, { 'davylamp.status': 'interrupted' })
  }
}

/** LangGraph throws to steer: an interrupt or a drain is not a failure. Nor is it one that no model may be called. */
export const isControlFlow = (error: unknown) =>
  error instanceof WithoutModel || (error instanceof Error && 'is_bubble_up' in error && error.is_bubble_up === true)
