import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'

type Store = Pick<ClickHouse, 'query' | 'command'>
export type Reconciling = {
  /** Hours that received a span since then are looked at. */
  since: Date
  /** A trace whose hour received a span within these last milliseconds may be half inserted: it is left for later. */
  settleMs: number
  /** Between finding a difference and mending it: what an insert was about to write is then there. */
  pauseMs?: number
  signal?: AbortSignal
}
export type Reconciled = { hours: number; mended: number }
/** Hours, as seconds of the epoch, in order; few enough for one look. */
export type Cells = { projectId: string; hours: number[] }
type TraceHour = { hour: number; traceId: string }

/** Who mends holds this lock, so that no difference is made good twice. */
export const reconcileLock = 'traces checked against spans'
const hoursPerLook = 24
const tracesPerMend = 1_000

/**
 * Makes the sums of `traces` those of the distinct spans in `spans`. They part when a process dies between an insert
 * and its materialized view, or when two processes store the same retry.
 *
 * A trace's hour is mended by one more row: its sums are what is missing (negative where there is too much; unsigned
 * sums wrap, so they add up), and its other columns are those the view computes, which are the same however often they
 * are merged in. So nothing is deleted, readers never see a gap, spans that arrive meanwhile count in both tables alike,
 * and a mend that was cut short or done twice is one more difference for the next look.
 */
export async function reconcileTraces(clickhouse: Store, options: Reconciling): Promise<Reconciled> {
  return reconcileHours(clickhouse, await touchedHours(clickhouse, options.since), options)
}

/** The same for the hours that are given, whenever their spans were received. */
export async function reconcileHours(
  clickhouse: Store,
  cells: Cells[],
  options: Omit<Reconciling, 'since'>,
): Promise<Reconciled> {
  const view = await readView(clickhouse)
  const until = Date.now() - options.settleMs
  const found: { cells: Cells; traces: TraceHour[] }[] = []
  for (const some of cells) {
    if (options.signal?.aborted) break
    const traces = await differing(clickhouse, view, some, until)
    if (traces.length > 0) found.push({ cells: some, traces })
  }
  if (found.length > 0) await delay(options.pauseMs ?? 2_000, undefined, { signal: options.signal }).catch(() => {})
  let mended = 0
  for (const { cells, traces } of found) {
    for (const some of chunks(traces, tracesPerMend)) {
      if (options.signal?.aborted) break
      await mend(clickhouse, view, { ...cells, traces: some }, until)
      mended += some.length
    }
  }
  return { hours: cells.reduce((sum, { hours }) => sum + hours.length, 0), mended }
}

type View = { select: string; sums: string[]; others: string[] }

const column = z.object({ name: z.string(), type: z.string() })
const definition = z.object({ as_select: z.string() })

/** What the view computes, from the store itself: a migration that changes it needs no word here. */
async function readView({ query }: Store): Promise<View> {
  const [columns, [view]] = await Promise.all([
    query({
      sql: "select name, type from system.columns where database = currentDatabase() and table = 'traces'",
      row: column,
    }),
    query({
      sql: "select as_select from system.tables where database = currentDatabase() and name = 'traces_from_spans'",
      row: definition,
    }),
  ])
  if (!view) throw new Error('cannot check traces against spans: the view traces_from_spans does not exist')
  const isSum = ({ type }: z.infer<typeof column>) => type.startsWith('SimpleAggregateFunction(sum,')
  const names = (which: typeof columns) => which.map(({ name }) => name)
  return {
    select: view.as_select,
    sums: names(columns.filter(isSum)),
    others: names(columns.filter(one => !isSum(one))),
  }
}

const cell = z.object({ project_id: z.string(), hours: z.array(z.coerce.number()) })

/** The hours in which lately received spans start, by project, in lists that one look can take. */
async function touchedHours({ query }: Store, since: Date): Promise<Cells[]> {
  const rows = await query({
    sql: `
      select project_id, groupUniqArray(toUnixTimestamp(toStartOfHour(start_time))) as hours
      from spans
      where received_at >= fromUnixTimestamp64Milli({since:Int64})
      group by project_id`,
    params: { since: since.getTime() },
    row: cell,
  })
  return rows.flatMap(({ project_id, hours }) => cellsOf(project_id, hours))
}

/** Hours of a project in lists that one look can take. */
export const cellsOf = (projectId: string, hours: number[]): Cells[] =>
  chunks(
    hours.sort((a, b) => a - b),
    hoursPerLook,
  ).map(some => ({ projectId, hours: some }))

const traceHour = z.object({ hour: z.coerce.number(), traceId: z.string() })

function differing({ query }: Store, view: View, cells: Cells, until: number): Promise<TraceHour[]> {
  return query({
    sql: `
      select toUnixTimestamp(truth.hour) as hour, truth.trace_id as traceId
      from (${truth(view, view.sums, inHours)}) as truth
      left join (${kept(view, inHours)}) as kept on kept.hour = truth.hour and kept.trace_id = truth.trace_id
      where ${differs(view)}`,
    params: paramsOf(cells, until),
    row: traceHour,
  })
}

function mend({ command }: Store, view: View, work: Cells & { traces: TraceHour[] }, until: number) {
  const ids = work.traces.filter(({ traceId }) => /^[0-9a-f]{32}$/.test(traceId))
  if (ids.length === 0) return
  const pairs = ids.map(({ hour, traceId }) => `(${hour}, '${traceId}')`).join(', ')
  const within = (time: string) =>
    `${inHours(time)} and (toUnixTimestamp(toStartOfHour(${time})), trace_id) in (${pairs})`
  const missing = view.sums.map(name => `truth.${name} - kept.${name} as ${name}`)
  return command(
    `insert into traces (${[...view.others, ...view.sums].join(', ')})
    select ${[...view.others.map(name => `truth.${name} as ${name}`), ...missing].join(', ')}
    from (${truth(view, [...view.others.filter(name => !keys.includes(name)), ...view.sums], within)}) as truth
    left join (${kept(view, within)}) as kept on kept.hour = truth.hour and kept.trace_id = truth.trace_id
    where ${differs(view)}`,
    paramsOf(work, until),
  )
}

type Within = (time: string) => string

const keys = ['project_id', 'hour', 'trace_id']
const inHours: Within = time => `
  project_id = {projectId:String}
  and ${time} >= toDateTime({first:UInt32}, 'UTC') and ${time} < toDateTime({end:UInt32}, 'UTC')
  and toUnixTimestamp(toStartOfHour(${time})) in {hours:Array(UInt32)}`
const paramsOf = ({ projectId, hours }: Cells, until: number) => ({
  projectId,
  hours,
  first: hours[0] ?? 0,
  end: (hours.at(-1) ?? 0) + 3_600,
  until,
})

/** What the view would say of the spans, each taken once, of traces that received nothing of late. */
function truth({ select }: View, columns: string[], within: Within): string {
  const distinct = `(
    select *
    from spans
    where ${within('start_time')}
      and (toStartOfHour(start_time), trace_id) in (
        select toStartOfHour(start_time), trace_id
        from spans
        where ${within('start_time')}
        group by 1, 2
        having max(received_at) < fromUnixTimestamp64Milli({until:Int64})
      )
    limit 1 by toStartOfHour(start_time), trace_id, span_id
  ) as spans`
  const from = /\bfrom\s+(?:[\w`"]+\.)?[`"]?spans[`"]?(?=\s)/i
  if (!from.test(select)) throw new Error('cannot check traces against spans: the view does not read from spans')
  return `select ${[...keys, ...columns].join(', ')} from (${select.replace(from, `from ${distinct}`)})`
}

const kept = ({ sums }: View, within: Within) => `
  select hour, trace_id, ${sums.map(name => `sum(traces.${name}) as ${name}`).join(', ')}
  from traces
  where ${within('hour')}
  group by hour, trace_id`
const differs = ({ sums }: View) => sums.map(name => `truth.${name} != kept.${name}`).join(' or ')

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
