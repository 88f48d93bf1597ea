import { type Client, type Endpoints, model } from './client.ts'

const group = 'OpenTelemetry'

/** OpenTelemetry's own SDKs. */
export const openTelemetry = ({ otlp, grpc }: Endpoints, key: string): Client[] => [
  {
    id: 'env',
    group,
    label: 'Any SDK',
    lead: 'Works with every OTLP exporter, whatever the language: set these and start your application.',
    steps: [
      {
        label: 'environment',
        text: [
          `export OTEL_EXPORTER_OTLP_ENDPOINT="${otlp}"`,
          `export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"`,
          `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ${key}"`,
        ].join('\n'),
      },
    ],
  },
  {
    id: 'node',
    group,
    label: 'Node.js, protobuf',
    lead: 'The SDK of Node.js, with one span of a model call as the GenAI conventions have it. The smallest on the wire.',
    steps: node('@opentelemetry/exporter-trace-otlp-proto', httpExporter(otlp, key)),
  },
  {
    id: 'node-json',
    group,
    label: 'Node.js, JSON',
    lead: 'The same as JSON, which can be read on the way.',
    steps: node('@opentelemetry/exporter-trace-otlp-http', httpExporter(otlp, key)),
  },
  {
    id: 'node-grpc',
    group,
    label: 'Node.js, gRPC',
    lead: 'The same over gRPC. HTTP is the safer choice: this exporter does not try again when the server is busy.',
    steps: node('@opentelemetry/exporter-trace-otlp-grpc @grpc/grpc-js', grpcExporter(grpc, key)),
  },
  {
    id: 'python',
    group,
    label: 'Python',
    lead: 'The OpenTelemetry SDK of Python.',
    steps: [
      { label: 'install', text: 'pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http' },
      { label: 'tracing.py', text: python(otlp, key) },
    ],
  },
  {
    id: 'browser',
    group,
    label: 'Browser',
    lead: 'From a web page of any origin: the server allows it (CORS). Who opens the page can read the key in it, so make one for this page alone, and revoke it when it is misused.',
    steps: [
      {
        label: 'install',
        text: 'npm install @opentelemetry/api @opentelemetry/sdk-trace-base @opentelemetry/exporter-trace-otlp-http',
      },
      { label: 'tracing.js', text: browser(otlp, key), runs: 'browser' },
    ],
  },
]

const install = (packages: string) => `npm install @opentelemetry/api @opentelemetry/sdk-trace-node ${packages}`

const node = (packages: string, exporter: string) => [
  { label: 'install', text: install(packages) },
  { label: 'tracing.mjs', text: nodeProgram(packages.split(' ')[0]!, exporter), runs: 'node' as const },
]

const httpExporter = (otlp: string, key: string) => `const exporter = new OTLPTraceExporter({
  url: '${otlp}/v1/traces',
  headers: { authorization: 'Bearer ${key}' },
})`

const grpcExporter = (grpc: string, key: string) => `const metadata = new Metadata()
metadata.set('authorization', 'Bearer ${key}')
const exporter = new OTLPTraceExporter({ url: '${grpc}', metadata })`

const nodeProgram = (exporterPackage: string, exporter: string) => `${
  exporter.includes('Metadata') ? `import { Metadata } from '@grpc/grpc-js'\n` : ''
}import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '${exporterPackage}'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

${exporter}
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
provider.register()

${modelCall}
await provider.shutdown()`

const modelCall = `const span = trace.getTracer('my-app').startSpan('chat gpt-4.1-mini')
span.setAttributes({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': '${model}',
  'gen_ai.usage.input_tokens': 12,
  'gen_ai.usage.output_tokens': 5,
  'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Hello?' }] }]),
  'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello!' }] }]),
  'session.id': 'session-1',
  'user.id': 'user-1',
})
span.end()`

const browser = (otlp: string, key: string) => `import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

${httpExporter(otlp, key)}
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)

${modelCall}
provider.forceFlush()`

export const exporterInPython = (otlp: string, key: string) => `provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint="${otlp}/v1/traces",
    headers={"authorization": "Bearer ${key}"},
)))`

const python = (otlp: string, key: string) => `import json
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

${exporterInPython(otlp, key)}
trace.set_tracer_provider(provider)

with trace.get_tracer("my-app").start_as_current_span("chat gpt-4.1-mini") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.provider.name", "openai")
    span.set_attribute("gen_ai.request.model", "${model}")
    span.set_attribute("gen_ai.input.messages", json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}]))
    span.set_attribute("session.id", "session-1")
    span.set_attribute("user.id", "user-1")

provider.shutdown()`
