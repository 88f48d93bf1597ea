import { expect, it } from 'vitest'
import { z } from 'zod'
import { ingestServer } from '../server.ts'
import { costOfTokens, landedSpans, outline } from './landed.ts'
import { runProgram } from './program.ts'

const server = await ingestServer()

const forms = ['protobuf', 'json', 'grpc'] as const
const cases = forms.flatMap(form => [[form, 'none'] as const, [form, 'gzip'] as const])

it.each(cases)(
  "OpenTelemetry's exporter for %s, compression %s: all spans land as they were",
  async (form, compression) => {
    const sender = await server.newSender()
    const url = form === 'grpc' ? server.grpcUrl : server.url
    await runProgram(
      'exporter.ts',
      { INGEST_URL: url, API_KEY: sender.apiKey, OTEL_EXPORTER_OTLP_COMPRESSION: compression },
      [form],
    )
    const spans = await landedSpans(sender)
    expect(outline(spans)).toEqual(['invoke_agent support: agent', '  chat gpt-4o: llm', '  execute_tool search: tool'])
    const shared = {
      service: 'shop',
      environment: 'staging',
      scope_name: 'checkout',
      session_id: 's-1',
      user_id: 'ann',
    }
    const [agent, call, tool] = spans
    expect(agent).toMatchObject({
      ...shared,
      status: 'unset',
      attributes: { 'shop.basket': ['tea', 'milk'], 'shop.total': 12.5 },
    })
    expect(call).toMatchObject({
      ...shared,
      provider: 'openai',
      model_requested: 'gpt-4o',
      model: 'gpt-4o-2024-11-20',
      input: [{ role: 'user', parts: [{ type: 'text', content: 'grün? 🌱' }] }],
      output: [{ role: 'assistant', parts: [{ type: 'text', content: 'ja' }] }],
      input_tokens: 1000,
      output_tokens: 100,
      cost_nano_usd: costOfTokens(1000, 100),
      cost_source: 'computed',
      finish_reasons: ['stop'],
    })
    expect(tool).toMatchObject({
      ...shared,
      status: 'error',
      status_message: 'no index',
      tool_name: 'search',
      tool_call_id: 'call_1',
      tool_arguments: { query: 'green' },
      tool_outcome: 'error',
    })
    const client = z.object({ client: z.string(), n: z.coerce.number() })
    const ledger = `select client, sum(count) as n from ledger
    where project_id = {project:String} and outcome = 'stored' group by client`
    await expect.poll(() => sender.query(ledger, client)).toEqual([{ client: 'OTel-OTLP-Exporter-JavaScript', n: 3 }])
  },
)
