// A LangGraph agent on ChatOpenAI, watched by OpenInference's instrumentation: `node langchain.ts something | nothing |
// failure`, by what its tool returns.
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain'
import * as callbacks from '@langchain/core/callbacks/manager'
import { tool } from '@langchain/core/tools'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { startTelemetry, told } from './telemetry.ts'

const provider = startTelemetry()
const instrumentation = new LangChainInstrumentation({ tracerProvider: provider })
instrumentation.manuallyInstrument(callbacks)

async function find({ query }: { query: string }) {
  if (process.argv[2] === 'failure') throw new Error('no index')
  return process.argv[2] === 'nothing' ? '[]' : `{"title":"About ${query}"}`
}
const search = tool(find, {
  name: 'search_knowledge_base',
  description: 'Searches.',
  schema: z.object({ query: z.string() }),
})
const model = new ChatOpenAI({
  model: 'gpt-4o-2024-11-20',
  temperature: 0.5,
  apiKey: 'stand-in',
  configuration: { baseURL: told.modelUrl },
})
const agent = createReactAgent({ llm: model, tools: [search], prompt: 'Be brief.', name: 'support' })
await agent.invoke(
  { messages: [{ role: 'user', content: 'tea' }] },
  { metadata: { session_id: 's-1', user_id: 'ann' }, tags: ['shop'] },
)
await provider.shutdown()
