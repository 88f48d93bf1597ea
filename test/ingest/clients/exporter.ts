// OpenTelemetry's own exporters with spans of the GenAI conventions: `node exporter.ts protobuf | json | grpc`.
import { Metadata } from '@grpc/grpc-js'
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter as Grpc } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as Json } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as Protobuf } from '@opentelemetry/exporter-trace-otlp-proto'
import { keyHeader as headers, startTelemetry, told } from './telemetry.ts'

const url = `${told.ingestUrl}/v1/traces`

function grpc() {
  const metadata = new Metadata()
  metadata.set('authorization', headers.authorization)
  return new Grpc({ url: told.ingestUrl.replace(/^grpc/, 'http'), metadata })
}

const exporters = {
  protobuf: () => new Protobuf({ url, headers }),
  json: () => new Json({ url, headers }),
  grpc,
}

const call = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.model': 'gpt-4o-2024-11-20',
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 100,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'grün? 🌱' }] }]),
  'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'ja' }] }]),
}
const tool = {
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'search',
  'gen_ai.tool.call.id': 'call_1',
  'gen_ai.tool.call.arguments': '{"query":"green"}',
}

const name = process.argv[2] as keyof typeof exporters
const provider = startTelemetry(exporters[name]())
answer(provider.getTracer('checkout', '1.0'))
await provider.shutdown()

function answer(tracer: Tracer) {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'support',
    'session.id': 's-1',
    'user.id': 'ann',
    'shop.basket': ['tea', 'milk'],
    'shop.total': 12.5,
  }
  tracer.startActiveSpan('invoke_agent support', { attributes }, root => {
    tracer.startActiveSpan('chat gpt-4o', { attributes: call }, ended)
    tracer.startActiveSpan('execute_tool search', { attributes: tool }, span => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no index' })
      span.end()
    })
    root.end()
  })
}

function ended(span: Span) {
  span.end()
}
