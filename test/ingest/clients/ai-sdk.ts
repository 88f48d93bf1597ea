// The AI SDK with its own telemetry: an answer with a tool, then a stream, within a request of the user's.
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { startTelemetry, told } from './telemetry.ts'

const provider = startTelemetry()
const model = createOpenAI({ baseURL: told.modelUrl, apiKey: 'stand-in' }).chat('gpt-4o-2024-11-20')
const telemetry = (functionId: string) => ({
  isEnabled: true,
  functionId,
  metadata: { sessionId: 's-1', userId: 'ann', tier: 'gold' },
})
const search = tool({
  description: 'Searches.',
  inputSchema: z.object({ query: z.string() }),
  execute: async ({ query }) => ({ title: `About ${query}` }),
})

await provider.getTracer('shop').startActiveSpan('POST /ask', async request => {
  await generateText({
    model,
    system: 'Be brief.',
    prompt: 'tea',
    temperature: 0.5,
    tools: { search_knowledge_base: search },
    stopWhen: stepCountIs(3),
    experimental_telemetry: telemetry('support'),
  })
  await streamText({ model, prompt: 'milk', experimental_telemetry: telemetry('small-talk') }).consumeStream()
  request.end()
})
await provider.shutdown()
