import {
  costNanoUsd,
  findOwnPrices,
  findPrices,
  type Price,
  type PricedUsage,
  type PriceList,
  price,
  priceAt,
  priceProvider,
} from './domain/pricing.ts'
import type { Postgres } from './postgres.ts'
import { seedPrices, seedVersion } from './price-seed.ts'

export type ModelCall = PricedUsage & { provider: string; model: string; at: Date }
export type Cost = { nanoUsd: bigint; priceVersion: string }
/** The cost of a call by a project's own prices, then the seeded list; undefined when neither knows it. */
export type CostOf = (call: ModelCall) => Cost | undefined
export type Prices = { of(projectId: string): Promise<CostOf> }

/** After a change of prices every process prices by them within this time. */
export const pricesKnownMs = 10_000
const maxRemembered = 5_000

/** Opens the price list, seeding it when this version of it is not in Postgres yet. */
export async function openPrices(postgres: Pick<Postgres, 'sql'>): Promise<Prices> {
  await seedPrices(postgres)
  const list = await readPrices(postgres, null)
  const seeded = finder(call => findPrices(list, call))
  const projects = new Map<string, { prices: Promise<CostOf>; until: number }>()

  const open = async (projectId: string) => costsBy(priceBook(await readPrices(postgres, projectId), list, seeded))

  return {
    of(projectId) {
      const known = projects.get(projectId)
      if (known && known.until > Date.now()) return known.prices
      const prices = open(projectId)
      prices.catch(() => projects.delete(projectId))
      if (projects.size >= maxRemembered) projects.clear()
      projects.set(projectId, { prices, until: Date.now() + pricesKnownMs })
      return prices
    },
  }
}

type Named = { provider: string; model: string }
type Finder = (call: Named) => Price[]

/** What prices a project's calls: lists of rows, of which the first that has a cost for the call counts. */
export type PriceBook = { candidates(call: Named): Price[][] }

export async function readPriceBook(postgres: Pick<Postgres, 'sql'>, projectId: string): Promise<PriceBook> {
  const [own, list] = await Promise.all([readPrices(postgres, projectId), readPrices(postgres, null)])
  return priceBook(
    own,
    list,
    finder(call => findPrices(list, call)),
  )
}

function priceBook(own: PriceList, list: PriceList, seeded: Finder): PriceBook {
  const owned = finder(call => findOwnPrices(own.prices, list, call))
  return { candidates: call => [owned(call), seeded(call)] }
}

/** What calls cost by a book: the first of its lists that has a cost for a call counts. */
export function costsBy({ candidates }: PriceBook): CostOf {
  return call => {
    for (const rows of candidates(call)) {
      const cost = costBy(rows, call)
      if (cost) return cost
    }
    return undefined
  }
}

/** Looks through the list once for each provider and model. */
function finder(find: Finder): Finder {
  const known = new Map<string, Price[]>()
  return call => {
    const key = `${call.provider}\n${call.model}`
    const rows = known.get(key) ?? find(call)
    if (known.size >= maxRemembered) known.clear()
    known.set(key, rows)
    return rows
  }
}

function costBy(rows: Price[], call: ModelCall): Cost | undefined {
  const found = priceAt(rows, call.at)
  const nanoUsd = found && costNanoUsd(found, call)
  return nanoUsd === undefined ? undefined : { nanoUsd, priceVersion: found?.version ?? '' }
}

/** The seeded list, or with a project its own rows, the oldest first, without those that were withdrawn. */
export async function readPrices({ sql }: Pick<Postgres, 'sql'>, projectId: string | null): Promise<PriceList> {
  const own =
    projectId === null
      ? sql`project_id is null and version = ${seedVersion}`
      : sql`project_id = ${projectId} and withdrawn_at is null`
  const prices = await sql`
    select
      version, provider, model, pattern, valid_from as "validFrom", valid_to as "validTo", hours,
      input_per_million as input, output_per_million as output,
      cache_read_per_million as "cacheRead", cache_write_per_million as "cacheWrite",
      cache_write_1h_per_million as "cacheWrite1h", input_audio_per_million as "inputAudio",
      output_audio_per_million as "outputAudio", reasoning_per_million as reasoning, per_thousand_requests as "perThousandRequests", tiers
    from prices
    where ${own}
    order by position, id`
  const providers = await sql`
    select provider, provider_match as "providerMatch", model_match as "modelMatch", fallbacks
    from price_providers
    where version = ${seedVersion}
    order by position`
  return { prices: prices.map(row => price.parse(row)), providers: providers.map(row => priceProvider.parse(row)) }
}
