import type { Price } from './domain/pricing.ts'

/** SQL over the columns of `spans`: what a span costs in nano-USD, null where unknown, and the version it is priced by. */
export type PricedSql = { cost: string; version: string }

/**
 * The same as `costNanoUsd` of the row that `priceAt` gives, from the first of the lists that has a cost, as ClickHouse
 * computes it. Both compute in double precision, in one order, so they agree to the last nano-dollar.
 */
export function pricedSql(lists: Price[][]): PricedSql {
  const choices = lists.map(choice).filter(one => one !== undefined)
  if (choices.length === 0) return { cost: 'null', version: `''` }
  const version = choices.map(({ cost, version }) => `(${cost}) is not null, ${version}`)
  return {
    cost: `coalesce(${choices.map(({ cost }) => cost).join(', ')})`,
    version: `multiIf(${version.join(', ')}, '')`,
  }
}

/** By the last row that holds; undefined where there is none at all. */
function choice(rows: Price[]): PricedSql | undefined {
  if (rows.length === 0) return undefined
  const costs: string[] = []
  const versions: string[] = []
  for (const row of rows.toReversed()) {
    const when = holdsSql(row)
    if (when === '') return { cost: firstOf(costs, costSql(row)), version: firstOf(versions, textSql(row.version)) }
    costs.push(`${when}, ${costSql(row)}`)
    versions.push(`${when}, ${textSql(row.version)}`)
  }
  return { cost: firstOf(costs, 'null'), version: firstOf(versions, `''`) }
}

const firstOf = (conditions: string[], last: string) =>
  conditions.length === 0 ? last : `multiIf(${conditions.join(', ')}, ${last})`

function holdsSql({ validFrom, validTo, hours }: Price): string {
  const conditions: string[] = []
  const at = (date: Date) => `fromUnixTimestamp64Milli(${date.getTime()}, 'UTC')`
  if (validFrom) conditions.push(`start_time >= ${at(validFrom)}`)
  if (validTo) conditions.push(`start_time < ${at(validTo)}`)
  if (hours) {
    const second = '(toUnixTimestamp(start_time) % 86400)'
    const join = hours.to < hours.from ? 'or' : 'and'
    conditions.push(`(${second} >= ${Number(hours.from)} ${join} ${second} < ${Number(hours.to)})`)
  }
  return conditions.join(' and ')
}

type Rates = Pick<Price, 'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'cacheWrite1h' | 'inputAudio'>

/** As costNanoUsd: the last tier whose bound is passed gives the rates, what it lacks the row itself. */
function costSql(price: Price): string {
  const base = amountSql(price, price)
  const tiers = price.tiers.toReversed().map(tier => {
    const rates: Rates = {
      input: tier.input ?? price.input,
      output: tier.output ?? price.output,
      cacheRead: tier.cacheRead ?? price.cacheRead,
      cacheWrite: tier.cacheWrite ?? price.cacheWrite,
      cacheWrite1h: tier.cacheWrite1h ?? price.cacheWrite1h,
      inputAudio: tier.inputAudio ?? price.inputAudio,
    }
    return `input_tokens > ${Number(tier.above)}, ${amountSql(rates, price)}`
  })
  return firstOf(tiers, base)
}

function amountSql(rates: Rates, price: Price): string {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, inputAudio } = rates
  const minus = (from: string, ...less: string[]) =>
    `greatest(toInt64(${from})${less.map(one => ` - ${one}`).join('')}, 0)`
  const buckets: [tokens: string, usdPerMillion: number | null][] = [
    [minus('input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'input_audio_tokens'), input],
    ['input_audio_tokens', inputAudio],
    ['cache_read_tokens', cacheRead ?? input],
    [minus('cache_write_tokens', 'cache_write_1h_tokens'), cacheWrite ?? input],
    ['cache_write_1h_tokens', cacheWrite1h],
    [minus('output_tokens', 'reasoning_tokens', 'output_audio_tokens'), output],
    ['reasoning_tokens', price.reasoning ?? output],
    ['output_audio_tokens', price.outputAudio],
  ]
  const first = `toFloat64(${(price.perThousandRequests ?? 0) * 1e6})`
  const sum = buckets.reduce((sum, [tokens, rate]) => `${sum} + toFloat64(${tokens}) * ${rate ?? 0} * 1000`, first)
  const unpriced = buckets.filter(([, rate]) => rate === null).map(([tokens]) => `${tokens} > 0`)
  // Math.round goes up at the half.
  const cost = `toNullable(toInt64(floor(${sum} + 0.5)))`
  return unpriced.length === 0 ? cost : `if(${unpriced.join(' or ')}, null, ${cost})`
}

/** A text that comes from outside, so that no sign of it is read as SQL. */
export const textSql = (text: string) => `unhex('${Buffer.from(text).toString('hex')}')`
