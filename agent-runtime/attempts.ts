import { SpanStatusCode } from '@opentelemetry/api'
import type { NewRunEvent } from '../db/domain/run.ts'
import { classify } from './inference/retry.ts'
import type { CallObserver } from './inference/route.ts'
import type { RunTrace } from './instrument/run-trace.ts'
import type { SpanHandler } from './instrument/span-handler.ts'

type Watch = { trace: RunTrace; spans: SpanHandler; emit(event: NewRunEvent): void; signal: AbortSignal }

/**
 * Watches the attempts behind each logical call: a child span each (without usage, so that nothing counts twice), and
 * what came of it for the model's breaker.
 */
export function watchAttempts({ trace, spans, emit, signal }: Watch): CallObserver {
  return {
    attempt({ callId, model, number, admitted }) {
      const began = performance.now()
      const attributes = { 'davylamp.model': model.name, 'davylamp.attempt.number': number }
      const span = trace.startSpan(`attempt ${model.model}`, attributes, spans.open.contextOf(callId))
      let ttftMs: number | undefined
      return {
        token() {
          ttftMs ??= performance.now() - began
        },
        done() {
          admitted.record(Date.now(), { ok: true, ttftMs })
          spans.served(callId, model)
          span.end()
        },
        failed(error) {
          const { next, reason } = classify(error)
          if (signal.aborted || next === 'fail') admitted.release()
          else admitted.record(Date.now(), { ok: false })
          if (signal.aborted) span.setAttribute('davylamp.status', 'interrupted')
          else span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
          span.end()
          return { beforeFirstToken: ttftMs === undefined }
        },
      }
    },
    fallback: change => emit({ type: 'model.fallback', data: change }),
  }
}
