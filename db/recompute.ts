import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { PriceBook } from './costs.ts'
import { unpricedMark } from './domain/span.ts'
import { untilMutated } from './mutations.ts'
import { pricedSql, textSql } from './price-sql.ts'

type Store = Pick<ClickHouse, 'query' | 'command'>
/** Spans of a project by their start. */
export type Window = { projectId: string; from: Date; to: Date }

/** A name by which calls are priced: their provider, the model that answered and the one asked for. */
type Called = { provider: string; model: string; requested: string }
/** Spans of one month whose costs differ from what the prices say now, by some of their names. */
export type CostChange = { month: number; calls: Called[]; spans: number; nanoUsd: number }
export type CostPlan = {
  changes: CostChange[]
  /** Spans whose cost is not given by their client. */
  spans: number
  changed: number
  /** What all costs together change by. */
  changeNanoUsd: number
  unknownBefore: number
  unknownAfter: number
}

/** Each name adds to the text of a statement, which may be 256 KiB long. */
const namesPerStatement = 20
const mostNames = 5_000

/** What would change if the costs of a window were computed again. Costs that a client gave stay. */
export async function planCosts(clickhouse: Store, book: PriceBook, window: Window): Promise<CostPlan> {
  const plan: CostPlan = { changes: [], spans: 0, changed: 0, changeNanoUsd: 0, unknownBefore: 0, unknownAfter: 0 }
  const calls = await namesIn(clickhouse, window)
  for (let at = 0; at < calls.length; at += namesPerStatement) {
    const some = calls.slice(at, at + namesPerStatement)
    const months = new Map<number, CostChange>()
    for (const row of await compare(clickhouse, book, window, some)) {
      plan.spans += row.spans
      plan.changed += row.changed
      plan.changeNanoUsd += row.change
      plan.unknownBefore += row.unknownBefore
      plan.unknownAfter += row.unknownAfter
      if (row.changed === 0) continue
      const month = months.get(row.month) ?? { month: row.month, calls: [], spans: 0, nanoUsd: 0 }
      month.calls.push({ provider: row.provider, model: row.model, requested: row.requested })
      month.spans += row.changed
      month.nanoUsd += row.change
      months.set(row.month, month)
    }
    plan.changes.push(...months.values())
  }
  return plan
}

const called = z.object({ provider: z.string(), model: z.string(), requested: z.string() })

function namesIn({ query }: Store, window: Window): Promise<Called[]> {
  return query({
    sql: `
      select provider, model, model_requested as requested
      from spans
      where ${priceable}
      group by provider, model, requested
      order by count() desc
      limit ${mostNames}`,
    params: paramsOf(window),
    row: called,
  })
}

const whole = z.coerce.number()
const compared = called.extend({
  month: whole,
  spans: whole,
  changed: whole,
  change: whole,
  unknownBefore: whole,
  unknownAfter: whole,
})

function compare({ query }: Store, book: PriceBook, window: Window, calls: Called[]) {
  const { cost, version } = byName(book, calls)
  return query({
    sql: `
      with (${cost}) as new_cost, (${version}) as new_version
      select
        toYYYYMM(start_time) as month,
        provider,
        model,
        model_requested as requested,
        count() as spans,
        countIf(${differs}) as changed,
        sum(toInt64(ifNull(new_cost, 0)) - cost_nano_usd) as change,
        countIf(cost_source = 'unknown') as unknownBefore,
        countIf(new_cost is null) as unknownAfter
      from spans
      where ${priceable}
        and ${isCalled(calls)}
      group by month, provider, model, requested`,
    params: paramsOf(window),
    row: compared,
  })
}

/**
 * Writes the costs of a change into `spans`, in place: a mutation rewrites three narrow columns of the parts that hold
 * such spans, so a span stays one row and is visible once all the while. What it has written already it does not find
 * again, so one that was cut short is simply done once more. `mark` tells it from others. Resolves when it is done.
 */
export async function applyCosts(
  clickhouse: Store,
  book: PriceBook,
  { window, change, mark, signal }: { window: Window; change: CostChange; mark: string; signal?: AbortSignal },
): Promise<void> {
  const { cost, version } = byName(book, change.calls)
  await clickhouse.command(
    `alter table spans update
      cost_nano_usd = toInt64(ifNull(${cost}, 0)),
      cost_source = if((${cost}) is null, 'unknown', 'computed'),
      price_version = ${version}
    in partition ${change.month}
    where ${literally(priceable, window)}
      and ${isCalled(change.calls)}
      and ${textSql(mark)} != ''
    settings mutations_sync = 0`,
  )
  await untilMutated(clickhouse, { table: 'spans', text: Buffer.from(mark).toString('hex'), signal })
}

/** The hours of a window in which calls of models began, as seconds of the epoch. */
export async function hoursOfCalls({ query }: Store, window: Window): Promise<number[]> {
  const [row] = await query({
    sql: `
      select groupUniqArray(toUnixTimestamp(toStartOfHour(start_time))) as hours
      from spans
      where ${priceable}`,
    params: paramsOf(window),
    row: z.object({ hours: z.array(whole) }),
  })
  return row?.hours ?? []
}

/** Calls whose cost is ours to compute: as `addCost` of the intake has it. */
const priceable = `
  project_id = {projectId:String}
  and start_time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  and start_time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  and kind in ('llm', 'embedding')
  and cost_source != 'given'
  and not startsWith(price_version, '${unpricedMark}')
  and (spans.input_tokens > 0 or spans.output_tokens > 0)`

const paramsOf = ({ projectId, from, to }: Window) => ({ projectId, from: from.getTime(), to: to.getTime() })

/** Mutations are kept as text, so their parameters stand in it. */
const literally = (sql: string, { projectId, from, to }: Window) =>
  sql
    .replaceAll('spans.', '')
    .replace('{projectId:String}', textSql(projectId))
    .replace('{from:Int64}', String(from.getTime()))
    .replace('{to:Int64}', String(to.getTime()))

const isCalled = (calls: Called[]) => `(${calls.map(isCall).join(' or ')})`
const isCall = ({ provider, model, requested }: Called) =>
  `(provider = ${textSql(provider)} and model = ${textSql(model)} and model_requested = ${textSql(requested)})`

const differs = `
  toInt64(ifNull(new_cost, 0)) != cost_nano_usd
  or if(new_cost is null, 'unknown', 'computed') != cost_source
  or new_version != price_version`

/** What spans of these names cost; a model that has no price is priced as the one that was asked for. */
function byName(book: PriceBook, calls: Called[]) {
  const priced = calls.map(call => {
    const { provider, model, requested } = call
    const lists = [...new Set([model, requested])].flatMap(name => book.candidates({ provider, model: name }))
    return { when: isCall(call), ...pricedSql(lists) }
  })
  return {
    cost: `multiIf(${priced.map(({ when, cost }) => `${when}, ${cost}`).join(', ')}, null)`,
    version: `multiIf(${priced.map(({ when, version }) => `${when}, ${version}`).join(', ')}, '')`,
  }
}
