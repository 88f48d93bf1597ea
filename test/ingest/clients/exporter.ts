// OpenTelemetry's own exporters with spans of the GenAI conventions: `node exporter.ts protobuf | json | grpc`.
import { Metadata } from '@grpc/grpc-js'
import { context, SpanStatusCode, type Tracer } from '@opentelemetry/api'
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

const began = Date.now() - 100
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
  // Times of their own: spans that begin within one tick of the clock would come in any order.
  const after = (ms: number) => new Date(began + ms)
  tracer.startActiveSpan('invoke_agent support', { attributes, startTime: after(0) }, root => {
    tracer.startSpan('chat gpt-4o', { attributes: call, startTime: after(10) }, context.active()).end(after(20))
    const options = { attributes: tool, startTime: after(30) }
    const failed = tracer.startSpan('execute_tool search', options, context.active())
    failed.setStatus({ code: SpanStatusCode.ERROR, message: 'no index' })
    failed.end(after(40))
    root.end(after(50))
  })
}
