import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { ChatOllama } from '@langchain/ollama'
import { ChatOpenAI } from '@langchain/openai'
import type { Config } from '../../db/config.ts'
import type { Provider } from '../../db/domain/model-name.ts'
import { answerRoom } from '../../db/domain/model-size.ts'
import type { Model } from './models.ts'

/** `capped`: the provider is told to end its answer where the room that is kept for it ends. */
type Open = (model: Model, config: Config, more?: { capped?: boolean }) => BaseChatModel

// The clients' own retries are off: there is one retry loop, in routed-model.ts.
const byProvider: Record<Provider, Open> = {
  openai: (model, { openai }, { capped } = {}) =>
    new ChatOpenAI({
      model: model.model,
      ...(capped && { maxTokens: answerRoom(model) }),
      apiKey: openai.apiKey,
      configuration: { baseURL: openai.baseUrl },
      maxRetries: 0,
      streamUsage: true,
      useResponsesApi: false,
    }),
  anthropic: (model, { anthropic }) =>
    new ChatAnthropic({
      model: model.model,
      apiKey: anthropic.apiKey,
      anthropicApiUrl: anthropic.baseUrl,
      maxTokens: answerRoom(model),
      maxRetries: 0,
      streamUsage: true,
    }),
  ollama: (model, { ollama }, { capped } = {}) =>
    new ChatOllama({
      model: model.model,
      baseUrl: ollama.baseUrl,
      numCtx: model.contextWindow,
      ...(capped && { numPredict: answerRoom(model) }),
      maxRetries: 0,
    }),
}

/** The provider's own chat model, which makes each call once. */
export const openModel: Open = (model, config, more) => byProvider[model.provider](model, config, more)
