import { stringOf, type Text } from '../../db/byte-writer.ts'
import type { PricedUsage } from '../../db/domain/pricing.ts'
import { unpricedMark } from '../../db/domain/span.ts'
import type { Attributes } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { count, text } from './values.ts'

/** Tells of tokens of audio, and not whether they came or were made. */
const audioKey = 'gen_ai.usage.details.audio_tokens'
/** The tier that served a call, then the one that was asked for. */
const tierKeys = [
  'openai.response.service_tier',
  'gen_ai.openai.response.service_tier',
  'openai.request.service_tier',
  'gen_ai.openai.request.service_tier',
]
export const unpricedKeys: readonly string[] = [audioKey, ...tierKeys]

/** Libraries' JSON, and Python's way to show it. */
const within = ['usageDetails', 'inputTokenDetails', 'outputTokenDetails', 'providerMetadata'] as const
const told = {
  oneHour: /["'](?:\w*ephemeral_1h_input_tokens|\w*cache_creation_1h\w*)["']:\s*[1-9]/,
  audio: /["'](?:(?:input|output|prompt|completion)_)?(?:cached_)?audio(?:_tokens)?["']:\s*[1-9]|"modality":\s*"AUDIO"/,
  tier: /["']service_?[tT]ier["']:\s*["'](\w+)["']/,
}
/** What every call pays that says nothing of a tier. */
const usualTiers = new Set(['', 'auto', 'default', 'standard', 'standard_only', 'on_demand'])

type Call = { attributes: Attributes; found: FoundColumns; usage: PricedUsage; params: Text }

/**
 * Why the cost of a call cannot be computed from its tokens, after `unpricedMark`: the list has no prices for tiers, and
 * what is told of audio or an hour's cache may not say how many tokens, or whether audio was cached. '' when nothing
 * stands against it.
 */
export function unpricedOf({ attributes, found, usage, params }: Call): string {
  const texts = within.map(column => text(found.value(column)))
  const says = (pattern: RegExp) => texts.some(json => pattern.test(json))
  if (usage.cacheWrite1hTokens === 0 && says(told.oneHour)) return `${unpricedMark}one-hour cache writes`
  if (usage.inputAudioTokens + usage.outputAudioTokens === 0) {
    if (count(attributes.get(audioKey)) > 0 || says(told.audio)) return `${unpricedMark}audio tokens`
  } else if (usage.inputAudioTokens > 0 && usage.cacheReadTokens > 0) return `${unpricedMark}audio beside cached tokens`
  const tier = tierOf(attributes, texts, params)
  return usualTiers.has(tier) ? '' : `${unpricedMark}service tier ${tier.slice(0, 40)}`
}

function tierOf(attributes: Attributes, texts: string[], params: Text): string {
  for (const key of tierKeys) {
    const tier = text(attributes.get(key))
    if (tier !== '') return tier.toLowerCase()
  }
  for (const json of texts) {
    const tier = told.tier.exec(json)?.[1]
    if (tier) return tier.toLowerCase()
  }
  return params.length === 0 ? '' : (told.tier.exec(stringOf(params))?.[1] ?? '').toLowerCase()
}
