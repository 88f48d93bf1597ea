import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { nativeBlock } from './native.ts'
import { type SpanRow, spanColumns } from './span-table.ts'

export type { SpanRow } from './span-table.ts'

/** What makes a span the same span. */
export type SpanRef = Pick<SpanRow, 'projectId' | 'traceId' | 'spanId'>
export const spanKey = ({ projectId, traceId, spanId }: SpanRef) => `${projectId}/${traceId}/${spanId}`

/** ClickHouse refuses blocks that touch more than 100 partitions, and a client's clock can be wrong by years. */
const monthsPerBlock = 50
const columnNames = spanColumns.map(column => column.name)

/**
 * Stores spans; resolves when they are. Sent again with the same `token` and the same rows, they land once, in `traces`
 * too.
 */
export async function insertSpans(
  clickhouse: ClickHouse,
  rows: readonly SpanRow[],
  token?: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const [at, block] of splitByMonths(rows).entries()) {
    const body = nativeBlock(spanColumns, block, 4096 * block.length + (1 << 16))
    await clickhouse.insertNative({
      table: 'spans',
      columns: columnNames,
      body,
      dedupToken: token && `${token}-${at}`,
      signal,
    })
  }
}

const monthNs = 2_629_746_000_000_000n

/** Blocks that each span so few months that ClickHouse takes them; one block as a rule. */
function splitByMonths(rows: readonly SpanRow[]): (readonly SpanRow[])[] {
  if (rows.length === 0) return []
  const monthOf = (row: SpanRow) => Number(row.startNs / monthNs)
  const months = [...new Set(rows.map(monthOf))].sort((a, b) => a - b)
  if (months.length <= monthsPerBlock) return [rows]
  const blockOf = new Map(months.map((month, at) => [month, Math.floor(at / monthsPerBlock)]))
  return [...groupBy(rows, row => blockOf.get(monthOf(row))).values()]
}

const idRow = z.object({ trace_id: z.string(), span_id: z.string() })
const idForm = /^[0-9a-f]{32}$/
/** Ids of one query stand in its text, as a URL cannot hold so many; the text may be 256 KiB long. */
const idsPerQuery = 4_000

/**
 * Which of these spans are stored already, as `spanKey`s. A span whose clock was mended may have been stored under
 * another minute, so it widens the search by a day.
 */
export async function existingSpans(
  clickhouse: ClickHouse,
  rows: readonly SpanRow[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>()
  const searches = [...groupBy(rows, row => row.projectId)].flatMap(([projectId, spans]) => {
    const traceIds = [...new Set(spans.map(row => row.traceId))]
    return chunks(traceIds, idsPerQuery).map(ids => ({ projectId, traceIds: ids, ...minutesOf(spans) }))
  })
  await Promise.all(
    searches.map(async search => {
      for (const row of await findIds(clickhouse, search, signal))
        found.add(spanKey({ projectId: search.projectId, traceId: row.trace_id, spanId: row.span_id }))
    }),
  )
  return found
}

type Search = { projectId: string; traceIds: string[]; first: number; last: number }

function findIds(clickhouse: ClickHouse, { projectId, traceIds, first, last }: Search, signal?: AbortSignal) {
  const ids = traceIds.filter(id => idForm.test(id)).map(id => `'${id}'`)
  return clickhouse.query({
    sql: `
      select trace_id, span_id
      from spans
      where project_id = {projectId:String}
        and toStartOfMinute(start_time) between toDateTime({first:UInt32}, 'UTC') and toDateTime({last:UInt32}, 'UTC')
        and trace_id in (${ids.join(', ')})`,
    params: { projectId, first, last },
    row: idRow,
    signal,
  })
}

const minuteNs = 60_000_000_000n
const dayNs = 86_400_000_000_000n

/** The first and the last minute that spans start in, as seconds since the epoch. */
function minutesOf(rows: readonly SpanRow[]) {
  let first = rows[0]?.startNs ?? 0n
  let last = first
  for (const { startNs, clockFlags } of rows) {
    const earliest = clockFlags.length > 0 ? startNs - dayNs : startNs
    if (earliest < first) first = earliest
    if (startNs > last) last = startNs
  }
  return { first: Number((first / minuteNs) * 60n), last: Number((last / minuteNs) * 60n) }
}

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}

const chunks = <Item>(items: Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
