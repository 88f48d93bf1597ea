import type { Config } from '../../db/config.ts'
import { type Provider, providers, readModelName } from '../../db/domain/model-name.ts'

/** A pinned model; `name` is `provider/model`. Tokens: what fits in, of which `maxOutput` are kept for the answer. */
export type Model = { provider: Provider; model: string; name: string; contextWindow: number; maxOutput: number }

/** A model that may not be used as written; the message says what to write instead. */
export class ModelError extends Error {}

/** Reads `provider/model`. Throws ModelError for a name that would change under you. */
export function declareModel(text: string): Model {
  const read = readModelName(text)
  if ('fault' in read) throw new ModelError(read.fault)
  return { ...read, name: text, ...sizeOf(read.provider, read.model) }
}

// The longest matching beginning wins; by the providers' own model pages, 2026.
const sizes: [string, number, number][] = [
  ['openai/', 128_000, 4_096],
  ['openai/gpt-4.1', 1_047_576, 32_768],
  ['openai/gpt-4o', 128_000, 16_384],
  ['openai/gpt-5', 400_000, 128_000],
  ['openai/gpt-4-', 8_192, 4_096],
  ['openai/gpt-3.5', 16_385, 4_096],
  ['openai/o', 200_000, 100_000],
  ['anthropic/', 200_000, 8_192],
  ['ollama/', 8_192, 2_048],
]

function sizeOf(provider: Provider, model: string) {
  const name = `${provider}/${model}`
  const fits = sizes.filter(([start]) => name.startsWith(start)).sort(([a], [b]) => b.length - a.length)
  const [, contextWindow = 8_192, maxOutput = 2_048] = fits[0] ?? []
  return { contextWindow, maxOutput }
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
