import { z } from 'zod'

/** How a model's or a provider's name is matched; letters' case does not count. The form is that of genai-prices. */
export type Pattern =
  | { equals: string }
  | { starts_with: string }
  | { ends_with: string }
  | { contains: string }
  | { regex: string }
  | { or: Pattern[] }
  | { and: Pattern[] }

export const pattern: z.ZodType<Pattern> = z.lazy(() =>
  z.union([
    z.object({ equals: z.string() }),
    z.object({ starts_with: z.string() }),
    z.object({ ends_with: z.string() }),
    z.object({ contains: z.string() }),
    z.object({ regex: z.string() }),
    z.object({ or: z.array(pattern) }),
    z.object({ and: z.array(pattern) }),
  ]),
)

const usd = z.coerce.number().nonnegative().nullable()

/** US dollars for a million tokens of each bucket; null where the list has no price for it. */
const rates = { input: usd, output: usd, cacheRead: usd, cacheWrite: usd, cacheWrite1h: usd, inputAudio: usd }
export const tier = z.object({ above: z.number(), ...z.object(rates).partial().shape })
export const hours = z.object({ from: z.number(), to: z.number() })

export const price = z.object({
  version: z.string(),
  provider: z.string(),
  model: z.string(),
  pattern,
  /** Null: since ever. */
  validFrom: z.date().nullable(),
  /** Exclusive; null: until another takes its place. */
  validTo: z.date().nullable(),
  /** Seconds of the UTC day in which the price holds; null: always. */
  hours: hours.nullable(),
  ...rates,
  reasoning: usd,
  outputAudio: usd,
  perThousandRequests: usd,
  /** Prices of calls with more input tokens than `above`. */
  tiers: z.array(tier),
})
export type Price = z.infer<typeof price>

export const priceProvider = z.object({
  provider: z.string(),
  providerMatch: pattern.nullable(),
  modelMatch: pattern.nullable(),
  /** Providers whose models this one serves too. */
  fallbacks: z.array(z.string()),
})
export type PriceProvider = z.infer<typeof priceProvider>

/** Prices are in order: of a provider's rows for a model, the last that is valid counts. */
export type PriceList = { providers: PriceProvider[]; prices: Price[] }

export type PricedUsage = {
  /** Inclusive of cached tokens and of audio. */
  inputTokens: number
  /** Inclusive of reasoning tokens and of audio. */
  outputTokens: number
  cacheReadTokens: number
  /** Inclusive of those that are kept for an hour. */
  cacheWriteTokens: number
  cacheWrite1hTokens: number
  reasoningTokens: number
  inputAudioTokens: number
  outputAudioTokens: number
}

/** Names that instrumentations give and the list does not know. */
const aliases = new Map([
  ['x_ai', 'x-ai'],
  ['azure.ai.openai', 'azure'],
  ['az.ai.openai', 'azure'],
  ['azure.ai.inference', 'azure'],
  ['az.ai.inference', 'azure'],
  ['azure_ai', 'azure'],
  ['gcp.gen_ai', 'google'],
  ['togetherai', 'together'],
])

/** Names that say through what a model was called, and nothing of who serves it. */
const gateways = new Set(['', 'litellm', 'langchain', 'gateway', 'vercel', 'portkey'])

/**
 * The rows of the list for a model, of which `priceAt` gives the one that holds; none when the list has no price for it.
 * A provider that the list does not know has no prices: a model of the same name may be served there for another price,
 * or for none.
 */
export function findPrices(list: PriceList, call: { provider: string; model: string }): Price[] {
  const [provider, model] = ungate(list, call.provider.toLowerCase().trim(), bareName(call.model))
  if (model === '') return []
  const name = aliases.get(provider) ?? provider
  const found = gateways.has(provider) ? servedBy(list, model) : providerNamed(list, name)
  // Some instrumentations tell who made a model that runs on Bedrock.
  const elsewhere = found && ofBedrock.test(model) ? ['aws'] : []
  for (const tried of found ? [found.provider, ...found.fallbacks, ...elsewhere] : [name]) {
    const rows = rowsOf(list, tried, model)
    const hits = rows.length > 0 ? rows : rowsOf(list, tried, withDashedDate(model))
    if (hits.length > 0) return hits
  }
  return []
}

/**
 * The rows of a project's own prices for a model, of any provider where a row names none; `list` knows by what names a
 * provider goes. All that match count: `priceAt` gives the newest of those that hold.
 */
export function findOwnPrices(own: Price[], list: PriceList, call: { provider: string; model: string }): Price[] {
  const said = call.provider.toLowerCase().trim()
  const named = call.model.toLowerCase().trim()
  if (named === '') return []
  const [provider, model] = ungate(list, said, bareName(call.model))
  const name = aliases.get(provider) ?? provider
  const known = gateways.has(name) ? [makerOf(list, model), servedBy(list, model)] : [providerNamed(list, name)]
  const providers = new Set(['', said, name, ...known.map(one => one?.provider ?? name)])
  return own.filter(row => providers.has(row.provider) && (matches(row.pattern, named) || matches(row.pattern, model)))
}

/** The row that holds at a moment: the last of those that are valid. */
export const priceAt = (rows: Price[], at: Date): Price | undefined => rows.findLast(price => holds(price, at))

/** Bedrock's ids: where the model runs, as a rule, then who made it. They stand in prices of Bedrock only. */
const ofBedrock = /^(?:[a-z-]+\.)?(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen|writer)\.[a-z]/
/** What the list knows to be OpenAI's are models whose names begin with gpt- or o1. */
const ofOpenAi = /^(?:text-embedding-(?:3|ada)|chatgpt-|ft:gpt-)/

/** Who serves a model, by its name alone. */
function servedBy(list: PriceList, model: string): PriceProvider | undefined {
  const name = ofBedrock.test(model) ? 'aws' : ofOpenAi.test(model) ? 'openai' : undefined
  return list.providers.find(({ provider }) => provider === name) ?? makerOf(list, model)
}

const makerOf = ({ providers }: PriceList, model: string): PriceProvider | undefined =>
  providers.find(({ modelMatch }) => modelMatch && matches(modelMatch, model))

/** Google's clients say where a model is kept: `models/gemini-2.5-pro`, `publishers/google/models/gemini-2.5-pro`. */
const bareName = (model: string) =>
  model
    .toLowerCase()
    .trim()
    .replace(/^(?:projects\/.*\/)?(?:publishers\/[^/]+\/)?models\//, '')

/** A gateway writes the provider before the model: `anthropic/claude-sonnet-4`. */
function ungate(list: PriceList, provider: string, model: string): [string, string] {
  const slash = model.indexOf('/')
  if (!gateways.has(provider) || slash < 1) return [provider, model]
  const named = model.slice(0, slash)
  return providerNamed(list, named) ? [named, model.slice(slash + 1)] : [provider, model]
}

function providerNamed({ providers }: PriceList, name: string): PriceProvider | undefined {
  const exact = providers.find(({ provider }) => provider === name)
  return exact ?? providers.find(({ providerMatch }) => providerMatch && matches(providerMatch, name))
}

function rowsOf({ prices }: PriceList, provider: string, model: string): Price[] {
  const first = prices.find(price => price.provider === provider && matches(price.pattern, model))
  return first ? prices.filter(price => price.provider === provider && price.model === first.model) : []
}

function holds({ validFrom, validTo, hours }: Price, at: Date): boolean {
  if (validFrom && at < validFrom) return false
  if (validTo && at >= validTo) return false
  if (!hours) return true
  const second = (at.getTime() / 1000) % 86_400
  return hours.to < hours.from ? second >= hours.from || second < hours.to : second >= hours.from && second < hours.to
}

/** Whether a name, in lower case, matches. */
export function matches(pattern: Pattern, name: string): boolean {
  if ('or' in pattern) return pattern.or.some(part => matches(part, name))
  if ('and' in pattern) return pattern.and.every(part => matches(part, name))
  if ('equals' in pattern) return name === pattern.equals.toLowerCase()
  if ('starts_with' in pattern) return name.startsWith(pattern.starts_with.toLowerCase())
  if ('ends_with' in pattern) return name.endsWith(pattern.ends_with.toLowerCase())
  if ('contains' in pattern) return name.includes(pattern.contains.toLowerCase())
  return new RegExp(pattern.regex, 'i').test(name)
}

/** Some write the snapshot's date as 20250514 where the list has 2025-05-14. */
const withDashedDate = (model: string) => model.replace(/-(20\d\d)(\d\d)(\d\d)(?=-|:|$)/, '-$1-$2-$3')

/**
 * What a call costs, in 1e-9 US dollars; undefined when a bucket that was used has no price. Each token is in one
 * bucket: input that was neither read from nor written to the cache, the two caches, reasoning, the rest of the output.
 * A bucket without a price of its own is charged as the input or output that it is part of, as genai-prices does; but not
 * audio and what is written to a cache for an hour, which cost a multiple of it.
 */
export function costNanoUsd(price: Price, usage: PricedUsage): bigint | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  const { cacheWrite1hTokens, inputAudioTokens, outputAudioTokens } = usage
  const tier = price.tiers.filter(({ above }) => inputTokens > above).at(-1)
  const input = tier?.input ?? price.input
  const output = tier?.output ?? price.output
  const buckets: [tokens: number, usdPerMillion: number | null][] = [
    [Math.max(inputTokens - cacheReadTokens - cacheWriteTokens - inputAudioTokens, 0), input],
    [inputAudioTokens, tier?.inputAudio ?? price.inputAudio],
    [cacheReadTokens, tier?.cacheRead ?? price.cacheRead ?? input],
    [Math.max(cacheWriteTokens - cacheWrite1hTokens, 0), tier?.cacheWrite ?? price.cacheWrite ?? input],
    [cacheWrite1hTokens, tier?.cacheWrite1h ?? price.cacheWrite1h],
    [Math.max(outputTokens - reasoningTokens - outputAudioTokens, 0), output],
    [reasoningTokens, price.reasoning ?? output],
    [outputAudioTokens, price.outputAudio],
  ]
  let nanoUsd = (price.perThousandRequests ?? 0) * 1e6
  for (const [tokens, usdPerMillion] of buckets) {
    if (tokens > 0 && usdPerMillion === null) return undefined
    nanoUsd += tokens * (usdPerMillion ?? 0) * 1000
  }
  return BigInt(Math.round(nanoUsd))
}
