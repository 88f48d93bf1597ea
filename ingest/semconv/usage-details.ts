import type { PricedUsage } from '../../db/domain/pricing.ts'
import type { FoundColumns } from './find-columns.ts'
import { amount, count, fromJson, text } from './values.ts'

type Fields = Record<string, unknown>

/**
 * Tokens told as one JSON value: Langfuse's usage_details, whose parts stand beside each other and are summed, or what
 * tells parts of a whole again in `..._details`, as LangSmith's usage_metadata and OpenAI's usage do, which Langfuse
 * passes on. Undefined when there is none.
 */
export function usageDetails(found: FoundColumns): PricedUsage | undefined {
  const usage = fieldsOf(found, 'usageDetails')
  const inputParts = partsIn(usage, inputDetails) ?? fieldsOf(found, 'inputTokenDetails')
  const outputParts = partsIn(usage, outputDetails) ?? fieldsOf(found, 'outputTokenDetails')
  if (!usage && !inputParts && !outputParts) return undefined
  const entries = Object.entries(usage ?? {}).filter(([key]) => !key.endsWith('_cost'))
  const sum = (pattern: RegExp) =>
    count(entries.reduce((total, [key, value]) => total + (pattern.test(key) ? tokens(value) : 0), 0))
  return {
    inputTokens: sum(inputParts ? /^(input|prompt)(_tokens)?$/ : /^((input|prompt)(_|$)|cache_(read|creation)_input)/),
    outputTokens: sum(outputParts ? /^(output|completion)(_tokens)?$/ : /^(output|completion)(_|$)/),
    cacheReadTokens: part(inputParts, 'cache_read', 'cached_tokens') || sum(/^(input_cache(d|_read)|cache_read_input)/),
    cacheWriteTokens:
      part(inputParts, 'cache_creation', 'cache_write_tokens') ||
      // LangChain tells Anthropic's cache writes by how long they last, and then 0 for all of them.
      part(inputParts, 'ephemeral_5m_input_tokens') + part(inputParts, 'ephemeral_1h_input_tokens') ||
      sum(/^(input_cache_(creation|write)|cache_creation_input|input_ephemeral_(5m|1h)_)/),
    cacheWrite1hTokens:
      part(inputParts, 'ephemeral_1h_input_tokens') ||
      part(fields(usage?.cache_creation), 'ephemeral_1h_input_tokens') ||
      sum(/^input_(cache_creation_1h|ephemeral_1h_)/),
    reasoningTokens: part(outputParts, 'reasoning', 'reasoning_tokens') || sum(/^output_reasoning/),
    inputAudioTokens: part(inputParts, 'audio', 'audio_tokens') || sum(/^(input|prompt)_audio/),
    outputAudioTokens: part(outputParts, 'audio', 'audio_tokens') || sum(/^(output|completion)_audio/),
  }
}

/** Where the parts of a whole are told, by LangChain and LangSmith, and by OpenAI's two interfaces. */
const inputDetails = ['input_token_details', 'prompt_tokens_details', 'input_tokens_details']
const outputDetails = ['output_token_details', 'completion_tokens_details', 'output_tokens_details']

function partsIn(usage: Fields | undefined, names: readonly string[]): Fields | undefined {
  for (const name of names) {
    const parts = fields(usage?.[name])
    if (parts && Object.keys(parts).length > 0) return parts
  }
  return undefined
}

const part = (parts: Fields | undefined, ...names: string[]) =>
  names.reduce((told, name) => told || tokens(parts?.[name]), 0)

/** US dollars told as one JSON value: a total, or else the sum of what is told apart. LangSmith tells tokens beside them. */
export function costDetails(found: FoundColumns): number | undefined {
  const cost = fieldsOf(found, 'costDetails')
  if (!cost) return undefined
  const total = number(cost.total ?? cost.total_cost)
  if (total !== undefined) return total
  const isCost = found.key('costDetails') === 'langsmith.usage_metadata' ? /^(input|output)_cost$/ : /./
  const parts = Object.entries(cost).flatMap(([key, value]) => (isCost.test(key) ? [number(value)] : []))
  const told = parts.filter(value => value !== undefined)
  return told.length > 0 ? told.reduce((sum, value) => sum + value, 0) : undefined
}

function fieldsOf(
  found: FoundColumns,
  column: 'usageDetails' | 'inputTokenDetails' | 'outputTokenDetails' | 'costDetails',
) {
  const told = text(found.value(column))
  return told === '' ? undefined : fields(fromJson(told) ?? fromJson(ofPython(told)))
}

/** LangSmith's exporter for Python writes token details as Python shows them: {'cache_read': 3, 'audio': None}. */
const ofPython = (told: string) =>
  told.startsWith("{'") ? told.replaceAll("'", '"').replaceAll(': None', ': null') : ''

const fields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
const number = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? amount(value) : undefined)
const tokens = (value: unknown) => count(number(value))
