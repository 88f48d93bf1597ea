import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { storePayloads } from './payloads.ts'
import { type SpanBlock, spanBlocks } from './span-block.ts'
import { type SpanRow, spanColumns } from './span-table.ts'

export type { SpanRow } from './span-table.ts'

/** What makes a span the same span. */
export type SpanKey = Pick<SpanRow, 'projectId' | 'traceId' | 'spanId'>
export const spanKey = ({ projectId, traceId, spanId }: SpanKey) => `${projectId}/${traceId}/${spanId}`
/** A span, and where it is to be looked for. */
export type SpanRef = SpanKey & Pick<SpanRow, 'startNs' | 'clockFlags'>

const columnNames = spanColumns.map(column => column.name)

/** Stores spans; resolves when they are. */
export async function insertSpans(clickhouse: ClickHouse, rows: readonly SpanRow[]): Promise<void> {
  for (const block of spanBlocks(rows)) await insertSpanBlocks(clickhouse, { blocks: [block] })
}

/**
 * Stores blocks of spans, which together touch no more than `monthsPerInsert`; resolves when they are stored. Sent again
 * with the same `token` they land once, in `traces` too.
 */
export async function insertSpanBlocks(
  clickhouse: ClickHouse,
  { blocks, token, signal }: { blocks: readonly SpanBlock[]; token?: string; signal?: AbortSignal },
): Promise<void> {
  for (const { payloads } of blocks) await storePayloads(clickhouse, payloads, signal)
  const body = blocks.map(({ bytes }) => bytes)
  await clickhouse.insertNative({ table: 'spans', columns: columnNames, body, dedupToken: token, signal })
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
  spans: readonly SpanRef[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>()
  const searches = [...Map.groupBy(spans, span => span.projectId)].flatMap(([projectId, some]) => {
    const traceIds = [...new Set(some.map(span => span.traceId))]
    return chunks(traceIds, idsPerQuery).map(ids => ({ projectId, traceIds: ids, ...minutesOf(some) }))
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
function minutesOf(spans: readonly SpanRef[]) {
  let first = spans[0]?.startNs ?? 0n
  let last = first
  for (const { startNs, clockFlags } of spans) {
    const earliest = clockFlags.length > 0 ? startNs - dayNs : startNs
    if (earliest < first) first = earliest
    if (startNs > last) last = startNs
  }
  return { first: Number((first / minuteNs) * 60n), last: Number((last / minuteNs) * 60n) }
}

/** Spans received since then, the newest first and at most so many: what a process knows of those before it. */
export async function receivedSpans(
  clickhouse: ClickHouse,
  { since, limit }: { since: Date; limit: number },
  visit: (key: SpanKey, receivedMs: number) => void,
): Promise<void> {
  const rows = clickhouse.stream({
    sql: `
      select project_id, trace_id, span_id, toUnixTimestamp64Milli(received_at) as received_ms
      from spans
      where received_at >= fromUnixTimestamp64Milli({since:Int64})
      order by received_at desc
      limit {limit:UInt32}`,
    params: { since: since.getTime(), limit },
    row: receivedRow,
  })
  for await (const row of rows)
    visit({ projectId: row.project_id, traceId: row.trace_id, spanId: row.span_id }, row.received_ms)
}

const receivedRow = idRow.extend({ project_id: z.string(), received_ms: z.coerce.number() })

const chunks = <Item>(items: Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
