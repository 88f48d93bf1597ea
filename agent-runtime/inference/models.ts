import type { Config } from '../../db/config.ts'
import { type Provider, providers, readModelName } from '../../db/domain/model-name.ts'
import { type ModelSize, sizeOf } from '../../db/domain/model-size.ts'

/** A pinned model; `name` is `provider/model`. */
export type Model = { provider: Provider; model: string; name: string } & ModelSize

/** A model that may not be used as written; the message says what to write instead. */
export class ModelError extends Error {}

/** Reads `provider/model`. Throws ModelError for a name that would change under you. */
export function declareModel(text: string): Model {
  const read = readModelName(text)
  if ('fault' in read) throw new ModelError(read.fault)
  return { ...read, name: text, ...sizeOf(read.provider, read.model) }
}

/** Whether the model's provider has its key here, or, for Ollama, its address. */
export const isReachable = ({ provider }: Pick<Model, 'provider'>, config: ProviderSettings) =>
  reachableProviders(config).includes(provider)
type ProviderSettings = Pick<Config, 'openai' | 'anthropic' | 'ollama'>

export function reachableProviders({ openai, anthropic, ollama }: ProviderSettings): Provider[] {
  const given = { openai: openai.apiKey, anthropic: anthropic.apiKey, ollama: ollama.baseUrl }
  return providers.filter(provider => Boolean(given[provider]))
}

/** The configured models in order, pinned, and those of them that can be reached. */
export function declareModels(config: Config): { declared: Model[]; usable: Model[] } {
  const declared = config.models.map(declareModel)
  return { declared, usable: declared.filter(model => isReachable(model, config)) }
}
