import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type ModelPrice, type Provider, waitForUpdate } from '@pydantic/genai-prices'
import { z } from 'zod'
import type { Postgres } from './postgres.ts'

const lockKey = 7_268_311

/** The seeded list's version, `genai-prices@<version of the package>`. */
export const seedVersion = `genai-prices@${packageVersion()}`

/** Puts the price list that the package @pydantic/genai-prices carries into Postgres, unless this version is there. */
export async function seedPrices({ sql }: Pick<Postgres, 'sql'>): Promise<void> {
  // The package's own way to its data: without an update from the network, which we never ask for, what it carries.
  const providers = (await waitForUpdate()) ?? []
  await sql.begin(async tx => {
    await tx`select pg_advisory_xact_lock(${lockKey})`
    const seeded = await tx`select from price_providers where version = ${seedVersion} limit 1`
    if (seeded.length > 0) return
    const rows = providers.flatMap(priceRows)
    await tx`insert into price_providers ${tx(providers.map(providerRow(tx)))}`
    for (let at = 0; at < rows.length; at += 1000)
      await tx`insert into prices ${tx(rows.slice(at, at + 1000).map(row => jsonColumns(tx, row)))}`
  })
}

type Tx = Parameters<Parameters<Postgres['sql']['begin']>[1]>[0]
type Json = Parameters<Tx['json']>[0]

const providerRow = (tx: Tx) => (provider: Provider, position: number) => ({
  version: seedVersion,
  provider: provider.id,
  position,
  provider_match: provider.provider_match ? tx.json(provider.provider_match as Json) : null,
  model_match: provider.model_match ? tx.json(provider.model_match as Json) : null,
  fallbacks: tx.json(provider.fallback_model_providers ?? []),
})

/** One row a model and condition; models that are not priced by tokens or calls (audio by the hour) are left out. */
function priceRows(provider: Provider) {
  let position = 0
  return provider.models.flatMap(model => {
    const conditions = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices, constraint: undefined }]
    return conditions
      .filter(({ prices }) => 'input_mtok' in prices || 'output_mtok' in prices)
      .map(({ prices, constraint }) => ({
        version: seedVersion,
        provider: provider.id,
        model: model.id,
        position: position++,
        pattern: model.match,
        valid_from: constraint?.type === 'start_date' ? new Date(constraint.start_date) : null,
        hours:
          constraint?.type === 'time_of_date'
            ? { from: secondsOf(constraint.start_time), to: secondsOf(constraint.end_time) }
            : null,
        ...rates(prices),
        tiers: tiersOf(prices),
      }))
  })
}

const jsonColumns = (tx: Tx, row: ReturnType<typeof priceRows>[number]) => ({
  ...row,
  pattern: tx.json(row.pattern as Json),
  hours: row.hours && tx.json(row.hours),
  tiers: tx.json(row.tiers as Json),
})

const keys = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  inputAudio: 'input_audio_mtok',
}

function rates(prices: ModelPrice) {
  const base = (key: string) => {
    const value = prices[key]
    return value === undefined ? null : typeof value === 'number' ? value : value.base
  }
  return {
    input_per_million: base(keys.input),
    output_per_million: base(keys.output),
    cache_read_per_million: base(keys.cacheRead),
    cache_write_per_million: base(keys.cacheWrite),
    cache_write_1h_per_million: base(keys.cacheWrite1h),
    input_audio_per_million: base(keys.inputAudio),
    reasoning_per_million: base('output_reasoning_mtok'),
    output_audio_per_million: base('output_audio_mtok'),
    per_thousand_requests: base('requests_kcount'),
  }
}

/** Tiers that the package writes a price each, gathered by where they begin. */
function tiersOf(prices: ModelPrice) {
  const tiers = new Map<number, Record<string, number>>()
  for (const [name, key] of Object.entries(keys)) {
    const value = prices[key]
    if (typeof value !== 'object') continue
    for (const { start, price } of value.tiers) tiers.set(start, { ...tiers.get(start), [name]: price })
  }
  return [...tiers].sort(([a], [b]) => a - b).map(([above, rates]) => ({ above, ...rates }))
}

/** Seconds of the UTC day of a text like `16:30:00Z`. */
const secondsOf = (time: string) => (Date.parse(`1970-01-01T${time}`) / 1000 + 86_400) % 86_400

function packageVersion(): string {
  const main = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const text = readFileSync(join(main, '../../package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
