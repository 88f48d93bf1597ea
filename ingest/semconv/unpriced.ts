import { stringOf, type Text } from '../../db/byte-writer.ts'
import { unpricedMark } from '../../db/domain/span.ts'
import type { Attributes } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { count, text } from './values.ts'

/** Attributes that tell of tokens of audio. */
const audioKeys = [
  'llm.token_count.prompt_details.audio',
  'llm.token_count.completion_details.audio',
  'gen_ai.usage.details.input_audio_tokens',
  'gen_ai.usage.details.output_audio_tokens',
  'gen_ai.usage.details.audio_tokens',
]
/** The tier that served a call, then the one that was asked for. */
const tierKeys = [
  'openai.response.service_tier',
  'gen_ai.openai.response.service_tier',
  'openai.request.service_tier',
  'gen_ai.openai.request.service_tier',
]
const oneHourKeys = ['gen_ai.usage.details.ephemeral_1h_input_tokens']
export const unpricedKeys: readonly string[] = [...audioKeys, ...tierKeys, ...oneHourKeys]

/** Libraries' JSON, and Python's way to show it. */
const within = ['usageDetails', 'inputTokenDetails', 'outputTokenDetails', 'providerMetadata'] as const
const told = {
  oneHour: /["'](?:\w*ephemeral_1h_input_tokens|\w*cache_creation_1h\w*)["']:\s*[1-9]/,
  audio: /["'](?:(?:input|output|prompt|completion)_)?(?:cached_)?audio(?:_tokens)?["']:\s*[1-9]|"modality":\s*"AUDIO"/,
  tier: /["']service_?[tT]ier["']:\s*["'](\w+)["']/,
}
/** What every call pays that says nothing of a tier. */
const usualTiers = new Set(['', 'auto', 'default', 'standard', 'standard_only', 'on_demand'])

/**
 * Why the cost of a call cannot be computed from its tokens, after `unpricedMark`: the list has prices for neither tokens
 * of audio nor a tier, and one price for all that is written to a cache. '' when nothing stands against it.
 */
export function unpricedOf(attributes: Attributes, found: FoundColumns, params: Text): string {
  const texts = within.map(column => text(found.value(column)))
  const says = (pattern: RegExp) => texts.some(json => pattern.test(json))
  const counts = (keys: readonly string[]) => keys.some(key => count(attributes.get(key)) > 0)
  if (counts(oneHourKeys) || says(told.oneHour)) return `${unpricedMark}one-hour cache writes`
  if (counts(audioKeys) || says(told.audio)) return `${unpricedMark}audio tokens`
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
