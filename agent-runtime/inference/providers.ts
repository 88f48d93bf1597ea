import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { ChatOllama } from '@langchain/ollama'
import { ChatOpenAI } from '@langchain/openai'
import type { Config } from '../../db/config.ts'
import type { Provider } from '../../db/domain/model-name.ts'
import type { Model } from './models.ts'

type Open = (model: Model, config: Config) => BaseChatModel

// The clients' own retries are off: there is one retry loop, in routed-model.ts.
const byProvider: Record<Provider, Open> = {
  openai: ({ model }, { openai }) =>
    new ChatOpenAI({
      model,
      apiKey: openai.apiKey,
      configuration: { baseURL: openai.baseUrl },
      maxRetries: 0,
      streamUsage: true,
      useResponsesApi: false,
    }),
  anthropic: ({ model, maxOutput }, { anthropic }) =>
    new ChatAnthropic({
      model,
      apiKey: anthropic.apiKey,
      anthropicApiUrl: anthropic.baseUrl,
      maxTokens: maxOutput,
      maxRetries: 0,
      streamUsage: true,
    }),
  ollama: ({ model, contextWindow }, { ollama }) =>
    new ChatOllama({ model, baseUrl: ollama.baseUrl, numCtx: contextWindow, maxRetries: 0 }),
}

/** The provider's own chat model, which makes each call once. */
export const openModel: Open = (model, config) => byProvider[model.provider](model, config)
