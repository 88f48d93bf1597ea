import { z } from 'zod'
import { type Pattern, pattern } from './domain/pricing.ts'
import type { Postgres } from './postgres.ts'

type Store = Pick<Postgres, 'sql'>

const rate = z.number().min(0).max(1_000_000).nullable()

/** What a project says a model costs: US dollars for a million tokens, null where it says nothing. */
export const ownPriceInput = z.object({
  /** '' for any. */
  provider: z.string().max(100),
  model: z.string().min(1).max(200),
  match: z.enum(['equals', 'starts_with', 'contains']),
  validFrom: z.date().nullable(),
  input: rate,
  output: rate,
  cacheRead: rate,
  cacheWrite: rate,
  cacheWrite1h: rate,
  inputAudio: rate,
  reasoning: rate,
  outputAudio: rate,
  perThousandRequests: rate,
})
export type OwnPriceInput = z.infer<typeof ownPriceInput>

const maxOwnPrices = 1_000

/** The version that the project's spans carry which are priced by it; undefined when the project has too many prices. */
export async function addOwnPrice(
  { sql }: Store,
  { projectId, userId, price }: { projectId: string; userId: string; price: OwnPriceInput },
): Promise<string | undefined> {
  const match = patternOf(price)
  const [row] = await sql<{ version: string }[]>`
    with next as (select nextval(pg_get_serial_sequence('prices', 'id')) as id)
    insert into prices (
      id, project_id, version, provider, model, pattern, valid_from, input_per_million, output_per_million,
      cache_read_per_million, cache_write_per_million, cache_write_1h_per_million, input_audio_per_million,
      reasoning_per_million, output_audio_per_million, per_thousand_requests, created_by
    ) overriding system value
    select
      id, ${projectId}, 'own@' || id, ${price.provider.toLowerCase().trim()}, ${price.model}, ${sql.json(match)},
      ${price.validFrom}, ${price.input}, ${price.output}, ${price.cacheRead}, ${price.cacheWrite},
      ${price.cacheWrite1h}, ${price.inputAudio}, ${price.reasoning}, ${price.outputAudio}, ${price.perThousandRequests},
      ${userId}
    from next
    where (select count(*) from prices where project_id = ${projectId}) < ${maxOwnPrices}
    returning version`
  return row?.version
}

function patternOf({ match, model }: OwnPriceInput): Pattern {
  const name = model.toLowerCase().trim()
  return match === 'equals' ? { equals: name } : match === 'starts_with' ? { starts_with: name } : { contains: name }
}

/** Ends a price now: calls from now on are priced by what is left. False when there is none that is open. */
export async function endOwnPrice({ sql }: Store, { projectId, version }: Ref): Promise<boolean> {
  const ended = await sql`
    update prices set valid_to = greatest(now(), valid_from)
    where project_id = ${projectId} and version = ${version} and withdrawn_at is null
      and (valid_to is null or valid_to > now())
    returning version`
  return ended.length > 0
}

/** Takes a price back, as if it had never been. False when there is none. */
export async function withdrawOwnPrice({ sql }: Store, { projectId, version }: Ref): Promise<boolean> {
  const gone = await sql`
    update prices set withdrawn_at = now()
    where project_id = ${projectId} and version = ${version} and withdrawn_at is null
    returning version`
  return gone.length > 0
}

type Ref = { projectId: string; version: string }

const usd = z.coerce.number().nullable()
const ownPrice = z.object({
  version: z.string(),
  provider: z.string(),
  model: z.string(),
  pattern,
  validFrom: z.date().nullable(),
  validTo: z.date().nullable(),
  withdrawnAt: z.date().nullable(),
  createdAt: z.date(),
  createdBy: z.string().nullable(),
  input: usd,
  output: usd,
  cacheRead: usd,
  cacheWrite: usd,
  cacheWrite1h: usd,
  inputAudio: usd,
  reasoning: usd,
  outputAudio: usd,
  perThousandRequests: usd,
})
export type OwnPrice = z.infer<typeof ownPrice>

/** All prices a project ever gave, the newest first. */
export async function listOwnPrices({ sql }: Store, projectId: string): Promise<OwnPrice[]> {
  const rows = await sql`
    select
      version, provider, model, pattern, valid_from as "validFrom", valid_to as "validTo",
      withdrawn_at as "withdrawnAt", prices.created_at as "createdAt", users.name as "createdBy",
      input_per_million as input, output_per_million as output, cache_read_per_million as "cacheRead",
      cache_write_per_million as "cacheWrite", cache_write_1h_per_million as "cacheWrite1h",
      input_audio_per_million as "inputAudio", reasoning_per_million as reasoning,
      output_audio_per_million as "outputAudio",
      per_thousand_requests as "perThousandRequests"
    from prices
    left join users on users.id = prices.created_by
    where project_id = ${projectId}
    order by prices.id desc
    limit ${maxOwnPrices}`
  return rows.map(row => ownPrice.parse(row))
}
