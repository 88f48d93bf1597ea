import {
  costNanoUsd,
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

const refreshMs = 30_000
const maxRemembered = 5_000

/** Opens the price list, seeding it when this version of it is not in Postgres yet. */
export async function openPrices(postgres: Pick<Postgres, 'sql'>): Promise<Prices> {
  await seedPrices(postgres)
  const seeded = finder(await readPrices(postgres, null))
  const projects = new Map<string, { prices: Promise<CostOf>; until: number }>()

  async function open(projectId: string): Promise<CostOf> {
    const own = finder(await readPrices(postgres, projectId))
    return call => costBy(own, call) ?? costBy(seeded, call)
  }

  return {
    of(projectId) {
      const known = projects.get(projectId)
      if (known && known.until > Date.now()) return known.prices
      const prices = open(projectId)
      prices.catch(() => projects.delete(projectId))
      if (projects.size >= maxRemembered) projects.clear()
      projects.set(projectId, { prices, until: Date.now() + refreshMs })
      return prices
    },
  }
}

type Finder = (provider: string, model: string) => Price[]

/** Looks through the list once for each provider and model. */
function finder(list: PriceList): Finder {
  const known = new Map<string, Price[]>()
  return (provider, model) => {
    const key = `${provider}\n${model}`
    const rows = known.get(key) ?? findPrices(list, { provider, model })
    if (known.size >= maxRemembered) known.clear()
    known.set(key, rows)
    return rows
  }
}

function costBy(find: Finder, call: ModelCall): Cost | undefined {
  const found = priceAt(find(call.provider, call.model), call.at)
  const nanoUsd = found && costNanoUsd(found, call)
  return nanoUsd === undefined ? undefined : { nanoUsd, priceVersion: found?.version ?? '' }
}

/** The seeded list, or with a project its own rows. */
export async function readPrices({ sql }: Pick<Postgres, 'sql'>, projectId: string | null): Promise<PriceList> {
  const own = projectId === null ? sql`project_id is null and version = ${seedVersion}` : sql`project_id = ${projectId}`
  const prices = await sql`
    select
      version, provider, model, pattern, valid_from as "validFrom", hours,
      input_per_million as input, output_per_million as output,
      cache_read_per_million as "cacheRead", cache_write_per_million as "cacheWrite",
      reasoning_per_million as reasoning, per_thousand_requests as "perThousandRequests", tiers
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
