import type { PricedUsage } from '../../db/domain/pricing.ts'
import type { FoundColumns } from './find-columns.ts'
import { count, fromJson, text } from './values.ts'

type Fields = Record<string, unknown>

/**
 * Tokens as the provider itself counted them, which the AI SDK passes on as JSON by provider: some of its releases tell of
 * caches there only, and leave them out of Anthropic's input, as they do thoughts out of Gemini's output. `given` is the
 * input that the span tells. Undefined when the provider is none that is known to tell more.
 */
export function providerUsage(found: FoundColumns, given: number): Partial<PricedUsage> | undefined {
  const told = text(found.value('providerMetadata'))
  if (!tellsUsage.test(told)) return undefined
  const metadata = fields(fromJson(told))
  for (const [provider, read] of readers) {
    const said = metadata[provider]
    if (said !== undefined) return read(fields(said), given)
  }
  return undefined
}

/** Most of this JSON is about other things, and long: it is not parsed to find that out. */
const tellsUsage = /"(?:usage|usageMetadata|reasoningTokens|cache(?:d|Read|Creation)\w*Tokens)":/

const readers: [provider: string, read: (said: Fields, given: number) => Partial<PricedUsage>][] = [
  ['anthropic', anthropic],
  ['bedrock', bedrock],
  ['google', google],
  ['vertex', google],
  ['openai', openai],
  ['azure', openai],
]

function anthropic(said: Fields, given: number): Partial<PricedUsage> {
  const usage = fields(said.usage)
  const cacheReadTokens = tokens(usage.cache_read_input_tokens ?? said.cacheReadInputTokens)
  const cacheWriteTokens = tokens(usage.cache_creation_input_tokens ?? said.cacheCreationInputTokens)
  // Releases that do not pass the whole usage on tell the input without the caches.
  const uncached = usage.input_tokens === undefined ? given : tokens(usage.input_tokens)
  const inputTokens = uncached + cacheReadTokens + cacheWriteTokens
  const cacheWrite1hTokens = tokens(fields(usage.cache_creation).ephemeral_1h_input_tokens)
  return { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens }
}

function bedrock(said: Fields): Partial<PricedUsage> {
  const usage = fields(said.usage)
  return {
    cacheReadTokens: tokens(usage.cacheReadInputTokens),
    cacheWriteTokens: tokens(usage.cacheWriteInputTokens),
  }
}

function google(said: Fields): Partial<PricedUsage> {
  const usage = fields(said.usageMetadata)
  const reasoningTokens = tokens(usage.thoughtsTokenCount)
  return {
    outputTokens: tokens(usage.candidatesTokenCount) + reasoningTokens,
    cacheReadTokens: tokens(usage.cachedContentTokenCount),
    reasoningTokens,
    inputAudioTokens: audioIn(usage.promptTokensDetails),
    outputAudioTokens: audioIn(usage.candidatesTokensDetails),
  }
}

/** Google counts tokens by what they are of: [{ modality: 'TEXT', tokenCount: 5 }, ...]. */
const audioIn = (details: unknown) =>
  (Array.isArray(details) ? details.map(fields) : [])
    .filter(({ modality }) => modality === 'AUDIO')
    .reduce((sum, { tokenCount }) => sum + tokens(tokenCount), 0)

function openai(said: Fields): Partial<PricedUsage> {
  return { cacheReadTokens: tokens(said.cachedPromptTokens), reasoningTokens: tokens(said.reasoningTokens) }
}

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const tokens = (value: unknown) => (typeof value === 'number' ? count(value) : 0)
