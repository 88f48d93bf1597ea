import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { Config } from './config.ts'

const tracer = () => trace.getTracer('davylamp')

/**
 * Sends spans of our own work (inserts, migrations, jobs) where OTEL_EXPORTER_OTLP_ENDPOINT says; without it nothing is
 * recorded. Endpoint, headers and the other `OTEL_*` variables are read by the exporter itself, as its documentation
 * says. The spans of agent runs go to ingest by a provider of their own.
 */
export function startTelemetry(config: Config): { stop(): Promise<void> } {
  if (config.otel.disabled || !config.otel.endpoint) return { stop: async () => {} }
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': config.otel.serviceName,
      'service.instance.id': String(process.pid),
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  provider.register()
  return { stop: () => provider.shutdown() }
}

/** Runs `work` inside a span; an error is recorded on it and thrown on. */
export function withSpan<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer().startActiveSpan(name, { attributes }, async span => {
    try {
      return await work(span)
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error))
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
      throw error
    } finally {
      span.end()
    }
  })
}
