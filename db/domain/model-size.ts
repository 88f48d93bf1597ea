import type { Provider } from './model-name.ts'

/** In tokens: what fits in, question and answer together, and the longest answer that the model gives. */
export type ModelSize = { contextWindow: number; maxOutput: number }

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

export function sizeOf(provider: Provider, model: string): ModelSize {
  const name = `${provider}/${model}`
  const fits = sizes.filter(([start]) => name.startsWith(start)).sort(([a], [b]) => b.length - a.length)
  const [, contextWindow = 8_192, maxOutput = 2_048] = fits[0] ?? []
  return { contextWindow, maxOutput }
}

/** Tokens of the model's window that are kept for its answer. */
export const answerRoom = ({ contextWindow, maxOutput }: ModelSize) =>
  Math.min(maxOutput, Math.floor(contextWindow / 4))
