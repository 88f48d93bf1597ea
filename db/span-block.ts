import { BufferPool } from './buffer-pool.ts'
import { nativeBlock } from './native.ts'
import { readNativeBlock } from './native-read.ts'
import type { Payload } from './payloads.ts'
import { outOfLine } from './span-payloads.ts'
import { type SpanRow, spanColumns } from './span-table.ts'

/** Spans as a Native block for `spans`, with the large texts that it names. */
export type SpanBlock = {
  bytes: Buffer
  payloads: readonly Payload[]
  rows: number
  /** In which its spans start, roughly: each is a partition of the table. */
  months: readonly number[]
}

/** ClickHouse refuses inserts that touch more than 100 partitions, and a client's clock can be wrong by years. */
export const monthsPerInsert = 50
const monthNs = 2_629_746_000_000_000
const bytesPerRow = 3_072
const buffers = new BufferPool()

/** Blocks that each span so few months that ClickHouse takes them; one block as a rule, none without rows. */
export function spanBlocks(rows: readonly SpanRow[]): SpanBlock[] {
  if (rows.length === 0) return []
  const months = [...new Set(rows.map(monthOf))].sort((a, b) => a - b)
  if (months.length <= monthsPerInsert) return [spanBlock(rows, months)]
  const some = new Set(months.slice(0, monthsPerInsert))
  const first = rows.filter(row => some.has(monthOf(row)))
  return [spanBlock(first, [...some]), ...spanBlocks(rows.filter(row => !some.has(monthOf(row))))]
}

const monthOf = (row: SpanRow) => Math.floor(Number(row.startNs) / monthNs)

function spanBlock(whole: readonly SpanRow[], months: readonly number[]): SpanBlock {
  const { rows, payloads } = outOfLine(whole)
  const bytes = nativeBlock(spanColumns, rows, bytesPerRow * rows.length + (1 << 16), buffers)
  return { bytes, payloads, rows: rows.length, months }
}

/** Gives back the memory of a block that nobody reads any more; once. */
export const freeBlock = ({ bytes }: SpanBlock) => buffers.give(bytes)

/** The spans of blocks, as rows that can be written again; with the fields of the release that wrote them. */
export function readSpanBlocks(bytes: Buffer): Partial<SpanRow>[] {
  const rows: Partial<SpanRow>[] = []
  for (let at = 0; at < bytes.length; ) {
    const block = readNativeBlock(bytes, at)
    for (let row = 0; row < block.rows; row++)
      rows.push(Object.fromEntries(block.columns.map(({ name, values }) => [fieldOf(name), values[row]])))
    at = block.end
  }
  return rows
}

const fieldNames: Record<string, keyof SpanRow> = {
  start_time: 'startNs',
  end_time: 'endNs',
  received_at: 'receivedMs',
}
const fieldOf = (column: string) =>
  fieldNames[column] ?? column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
