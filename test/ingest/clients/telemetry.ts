import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node'

const { INGEST_URL = '', API_KEY = '', MODEL_URL = '' } = process.env

export const told = { ingestUrl: INGEST_URL, apiKey: API_KEY, modelUrl: MODEL_URL }
export const keyHeader = { authorization: `Bearer ${API_KEY}` }

/** What every program sets up, as a user would: OpenTelemetry's provider with an exporter, as the global one. */
export function startTelemetry(
  exporter: SpanExporter = new OTLPTraceExporter({ url: `${INGEST_URL}/v1/traces`, headers: keyHeader }),
) {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'deployment.environment.name': 'staging' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  provider.register()
  return provider
}
