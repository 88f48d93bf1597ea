// OpenAI's client, watched by OpenLLMetry's instrumentation, within a workflow as its SDK marks one.
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { OpenAI } from 'openai'
import { startTelemetry, told } from './telemetry.ts'

const provider = startTelemetry()
const instrumentation = new OpenAIInstrumentation({ exceptionLogger: error => process.stderr.write(`${error}\n`) })
instrumentation.setTracerProvider(provider)
instrumentation.manuallyInstrument(OpenAI)

const client = new OpenAI({ baseURL: told.modelUrl, apiKey: 'stand-in' })
const model = 'gpt-4o-2024-11-20'
const workflow = {
  'traceloop.span.kind': 'workflow',
  'traceloop.entity.name': 'support',
  'traceloop.entity.input': '{"args":["tea"]}',
  'traceloop.association.properties.session_id': 's-1',
  'traceloop.association.properties.user_id': 'ann',
}
const search = {
  type: 'function',
  function: {
    name: 'search_knowledge_base',
    description: 'Searches.',
    parameters: { type: 'object', properties: { query: { type: 'string' } } },
  },
} as const

await provider.getTracer('shop').startActiveSpan('support.workflow', { attributes: workflow }, async span => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'tea' },
  ] as const
  await client.chat.completions.create({ model, messages: [...messages], tools: [search], temperature: 0.5 })
  const stream = await client.chat.completions.create({
    model,
    messages: [...messages],
    stream: true,
    stream_options: { include_usage: true },
  })
  for await (const _chunk of stream);
  span.end()
})
await provider.shutdown()
