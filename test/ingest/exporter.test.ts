import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { ingestServer } from './server.ts'

const server = await ingestServer()

const row = z.object({
  name: z.string(),
  kind: z.string(),
  status: z.string(),
  status_message: z.string(),
  service: z.string(),
  workflow: z.string(),
  user_id: z.string(),
  variant: z.string(),
  cost_source: z.string(),
  cost_nano_usd: z.coerce.number(),
  tool_outcome: z.string(),
  events: z.string(),
})

it("takes the spans of OpenTelemetry's own exporter for Node, with prices, facts and flags", async () => {
  const sender = await server.newSender()
  const exporter = new OTLPTraceExporter({
    url: `${server.url}/v1/traces`,
    headers: { authorization: `Bearer ${sender.apiKey}` },
  })
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('checkout', '1.0')
  const root = tracer.startSpan('answer', {
    attributes: { 'davylamp.workflow.name': 'support', 'user.id': 'ann', 'gen_ai.operation.name': 'invoke_agent' },
  })
  root.addEvent('feature_flag.evaluation', { 'feature_flag.key': 'model', 'feature_flag.result.variant': 'canary' })
  const within = trace.setSpan(context.active(), root)
  const call = tracer.startSpan(
    'chat',
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024-11-20',
        'gen_ai.usage.input_tokens': 1000,
        'gen_ai.usage.output_tokens': 100,
      },
    },
    within,
  )
  call.end()
  const tool = tracer.startSpan(
    'execute_tool search',
    { attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' } },
    within,
  )
  tool.recordException(new TypeError('no index'))
  tool.setStatus({ code: SpanStatusCode.ERROR })
  tool.end()
  root.end()
  await provider.shutdown()

  const spans = await sender.query(
    `select name, kind, status, status_message, service, workflow, user_id, feature_flags['model'] as variant,
       cost_source, cost_nano_usd, tool_outcome, events
     from spans where project_id = {project:String} order by name`,
    row,
  )
  const shared = { service: 'shop', workflow: 'support', user_id: 'ann', variant: 'canary' }
  expect(spans).toMatchObject([
    { ...shared, name: 'answer', kind: 'agent', status: 'unset' },
    { ...shared, name: 'chat', kind: 'llm', cost_source: 'computed', cost_nano_usd: 3_500_000 },
    {
      ...shared,
      name: 'execute_tool search',
      kind: 'tool',
      status: 'error',
      status_message: 'no index',
      tool_outcome: 'error',
    },
  ])
  const [exception] = z
    .array(z.object({ name: z.string(), timeNs: z.string(), attributes: z.record(z.string(), z.string()) }))
    .parse(JSON.parse(spans[2]?.events ?? ''))
  expect(exception).toMatchObject({ name: 'exception', attributes: { 'exception.type': '"TypeError"' } })
})
