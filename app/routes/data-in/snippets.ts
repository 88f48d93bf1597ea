export type Endpoints = {
  /** OTLP over HTTP, without /v1/traces. */
  otlp: string
  /** The dashboard's own address: runs and signals. */
  api: string
}
export type Snippet = { id: string; label: string; lead: string; steps: { label: string; text: string }[] }

export const keyPlaceholder = 'YOUR_API_KEY'

/** Set-up for each kind of client, ready to paste. */
export function snippets({ otlp, api }: Endpoints, key: string): Snippet[] {
  return [
    {
      id: 'env',
      label: 'Any OpenTelemetry SDK',
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
      id: 'js',
      label: 'Node.js',
      lead: 'The OpenTelemetry SDK of Node.js, with one span of a model call as the GenAI conventions have it.',
      steps: [
        {
          label: 'install',
          text: 'npm install @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto',
        },
        { label: 'tracing.mjs', text: nodeSnippet(otlp, key) },
      ],
    },
    {
      id: 'python',
      label: 'Python',
      lead: 'The OpenTelemetry SDK of Python.',
      steps: [
        { label: 'install', text: 'pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http' },
        { label: 'tracing.py', text: pythonSnippet(otlp, key) },
      ],
    },
    {
      id: 'langchain',
      label: 'LangChain',
      lead: 'LangChain and LangGraph in Python through OpenInference; the same works for LlamaIndex, OpenAI and others.',
      steps: [
        {
          label: 'install',
          text: 'pip install openinference-instrumentation-langchain opentelemetry-sdk opentelemetry-exporter-otlp-proto-http',
        },
        { label: 'tracing.py', text: langchainSnippet(otlp, key) },
      ],
    },
    {
      id: 'curl',
      label: 'curl',
      lead: 'One span by hand, to see that it arrives.',
      steps: [{ label: 'shell', text: curlSnippet(otlp, key) }],
    },
    {
      id: 'runs',
      label: 'Run API',
      lead: 'Lets Davylamp run a workflow: it answers at once, streams as it works, and records the trace itself.',
      steps: [
        { label: 'start', text: runSnippet(api, key) },
        { label: 'stream', text: `curl -N ${api}/v1/runs/RUN_ID/stream \\\n  -H "Authorization: Bearer ${key}"` },
        { label: 'feedback', text: feedbackSnippet(api, key) },
      ],
    },
  ]
}

const nodeSnippet = (otlp: string, key: string) => `import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const exporter = new OTLPTraceExporter({
  url: '${otlp}/v1/traces',
  headers: { authorization: 'Bearer ${key}' },
})
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
provider.register()

const span = trace.getTracer('my-app').startSpan('chat gpt-4.1-mini')
span.setAttributes({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4.1-mini-2025-04-14',
  'gen_ai.usage.input_tokens': 12,
  'gen_ai.usage.output_tokens': 5,
  'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Hello?' }] }]),
  'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello!' }] }]),
  'session.id': 'session-1',
  'user.id': 'user-1',
})
span.end()
await provider.shutdown()`

const exporterInPython = (otlp: string, key: string) => `provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint="${otlp}/v1/traces",
    headers={"authorization": "Bearer ${key}"},
)))`

const pythonSnippet = (otlp: string, key: string) => `import json
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

${exporterInPython(otlp, key)}
trace.set_tracer_provider(provider)

with trace.get_tracer("my-app").start_as_current_span("chat gpt-4.1-mini") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.provider.name", "openai")
    span.set_attribute("gen_ai.request.model", "gpt-4.1-mini-2025-04-14")
    span.set_attribute("gen_ai.input.messages", json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}]))
    span.set_attribute("session.id", "session-1")
    span.set_attribute("user.id", "user-1")

provider.shutdown()`

const langchainSnippet = (
  otlp: string,
  key: string,
) => `from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

${exporterInPython(otlp, key)}
LangChainInstrumentor().instrument(tracer_provider=provider)

# Your chains and graphs are traced from here on.`

const curlSnippet = (otlp: string, key: string) => `now=$(date +%s)
curl ${otlp}/v1/traces \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"curl"}}]},
    "scopeSpans":[{"spans":[{
      "traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"chat hello","kind":3,
      "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'750000000",
      "attributes":[
        {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
        {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
        {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4.1-mini-2025-04-14"}},
        {"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},
        {"key":"gen_ai.usage.output_tokens","value":{"intValue":"5"}}]}]}]}]}'`

const runSnippet = (api: string, key: string) => `curl ${api}/v1/runs \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"workflow":"analyze","input":{"question":"How do I send spans?"},"user_id":"user-1"}'`

const feedbackSnippet = (api: string, key: string) => `curl ${api}/v1/signals \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"trace_id":"TRACE_ID","kind":"thumbs","value":-1,"comment":"The wrong refund window."}'`
