import type { FoundColumns } from './find-columns.ts'
import type { Usage } from './usage.ts'
import { count, fromJson, text } from './values.ts'

type Fields = Record<string, unknown>

/**
 * Tokens as the provider itself counted them, which the AI SDK passes on as JSON by provider: some of its releases tell of
 * caches there only, and leave them out of Anthropic's input, as they do thoughts out of Gemini's output. `given` is the
 * input that the span tells. Undefined when the provider is none that is known to tell more.
 */
export function providerUsage(found: FoundColumns, given: number): Partial<Usage> | undefined {
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

const readers: [provider: string, read: (said: Fields, given: number) => Partial<Usage>][] = [
  ['anthropic', anthropic],
  ['bedrock', bedrock],
  ['google', google],
  ['vertex', google],
  ['openai', openai],
  ['azure', openai],
]

function anthropic(said: Fields, given: number): Partial<Usage> {
  const usage = fields(said.usage)
  const cacheReadTokens = tokens(usage.cache_read_input_tokens ?? said.cacheReadInputTokens)
  const cacheWriteTokens = tokens(usage.cache_creation_input_tokens ?? said.cacheCreationInputTokens)
  // Releases that do not pass the whole usage on tell the input without the caches.
  const uncached = usage.input_tokens === undefined ? given : tokens(usage.input_tokens)
  return { inputTokens: uncached + cacheReadTokens + cacheWriteTokens, cacheReadTokens, cacheWriteTokens }
}

function bedrock(said: Fields): Partial<Usage> {
  const usage = fields(said.usage)
  return {
    cacheReadTokens: tokens(usage.cacheReadInputTokens),
    cacheWriteTokens: tokens(usage.cacheWriteInputTokens),
  }
}

function google(said: Fields): Partial<Usage> {
  const usage = fields(said.usageMetadata)
  const reasoningTokens = tokens(usage.thoughtsTokenCount)
  return {
    outputTokens: tokens(usage.candidatesTokenCount) + reasoningTokens,
    cacheReadTokens: tokens(usage.cachedContentTokenCount),
    reasoningTokens,
  }
}

function openai(said: Fields): Partial<Usage> {
  return { cacheReadTokens: tokens(said.cachedPromptTokens), reasoningTokens: tokens(said.reasoningTokens) }
}

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const tokens = (value: unknown) => (typeof value === 'number' ? count(value) : 0)
