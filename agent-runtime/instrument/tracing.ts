import { createHash } from 'node:crypto'
import type { Attributes, Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type IdGenerator, NodeTracerProvider, RandomIdGenerator } from '@opentelemetry/sdk-trace-node'
import { internalKey } from '../../db/api-keys.ts'
import type { Run } from '../../db/runs.ts'
import type { Services } from '../../db/services.ts'
import { SpanOutbox } from './outbox.ts'

/** The tracer of runs, apart from the one that records our own work, and where its spans go. */
export type Tracing = { tracer: Tracer; ids: RunIds; outbox: SpanOutbox; stop(): Promise<void> }

/** Spans of runs go to our own ingest like any customer's, each project's with its own key. */
export function openTracing({ config, secret, log }: Pick<Services, 'config' | 'secret' | 'log'>): Tracing {
  const ids = new RunIds()
  const open = (projectId: string) =>
    new OTLPTraceExporter({
      url: `${config.ingestUrl}/v1/traces`,
      headers: { authorization: `Bearer ${internalKey(secret, projectId)}` },
      timeoutMillis: 5_000,
    })
  const outbox = new SpanOutbox({ open, log })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `${config.otel.serviceName}-agent-runtime` }),
    idGenerator: ids,
    // The default of 128 attributes silently drops what comes last: the output.
    spanLimits: { attributeCountLimit: 1024, eventCountLimit: 1024, linkCountLimit: 128 },
    spanProcessors: [outbox],
  })
  return { tracer: provider.getTracer('davylamp.agent-runtime'), ids, outbox, stop: () => provider.shutdown() }
}

/** Random ids, except where a span's ids were decided before: a run's trace and the spans that others must find. */
export class RunIds implements IdGenerator {
  private readonly random = new RandomIdGenerator()
  private next: { traceId: string; spanId: string } | undefined

  /** Spans started inside `work`, which must not wait, get these ids. */
  with<T>(next: { traceId: string; spanId: string }, work: () => T): T {
    this.next = next
    try {
      return work()
    } finally {
      this.next = undefined
    }
  }

  generateTraceId = () => this.next?.traceId ?? this.random.generateTraceId()
  generateSpanId = () => this.next?.spanId ?? this.random.generateSpanId()
}

/** The same for every process, so that one that takes over can close and link what another left open. */
export const attemptSpanId = (runId: string, attempt: number) =>
  createHash('sha256').update(`${runId}:${attempt}`).digest('hex').slice(0, 16)

/** What every span of a run carries. */
export function runAttributes(run: Run, serving: 'ai' | 'deterministic'): Attributes {
  const [first, ...others] = Object.entries(run.arms)
  return {
    'davylamp.run.id': run.id,
    'davylamp.workflow.name': run.workflow,
    'davylamp.workflow.version': run.workflowVersion,
    'davylamp.serving': serving,
    ...(run.sessionId && { 'session.id': run.sessionId }),
    ...(run.userId && { 'user.id': run.userId }),
    ...(first && { 'feature_flag.key': first[0], 'feature_flag.result.variant': first[1] }),
    ...(run.pinned.revision !== undefined && { 'feature_flag.version': String(run.pinned.revision) }),
    ...Object.fromEntries(others.map(([key, variant]) => [`feature_flag.${key}`, variant])),
  }
}
