import type { ClickHouse } from '../db/clickhouse.ts'
import type { SpanBlock } from '../db/span-block.ts'
import { existingSpans, insertSpanBlocks, type SpanRef } from '../db/spans.ts'

/** The store of spans as ingest uses it: these two calls. */
export type SpanTable = {
  /** Keys, as `spanKey`, of those that are stored. */
  existing(spans: readonly SpanRef[], signal?: AbortSignal): Promise<Set<string>>
  insert(blocks: readonly SpanBlock[], token: string, signal?: AbortSignal): Promise<void>
}

export const spanTable = (clickhouse: ClickHouse): SpanTable => ({
  existing: (spans, signal) => existingSpans(clickhouse, spans, signal),
  insert: (blocks, token, signal) => insertSpanBlocks(clickhouse, { blocks, token, signal }),
})
