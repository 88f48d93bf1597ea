import type { ClickHouse } from '../db/clickhouse.ts'
import type { SpanRow } from '../db/spans.ts'

/** The slow way that the benchmark compares with: the same columns as one JSON object a row. */
export async function insertJsonRows(clickhouse: ClickHouse, rows: readonly SpanRow[]): Promise<void> {
  await clickhouse.insertRows({ table: 'spans', rows: rows.map(jsonRow) })
}

const moment = (ns: bigint) => `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`

function jsonRow({ startNs, endNs, receivedMs, ttftMs, costNanoUsd, events, links, resource, ...row }: SpanRow) {
  const named = Object.fromEntries(Object.entries(row).map(([name, value]) => [snake(name), value]))
  return {
    ...named,
    start_time: moment(startNs),
    end_time: moment(endNs),
    received_at: String(receivedMs / 1000),
    ttft_ms: ttftMs ?? -1,
    cost_nano_usd: String(costNanoUsd),
    resource: JSON.stringify(resource),
    events:
      typeof events === 'string'
        ? events
        : JSON.stringify(events.map(event => ({ ...event, timeNs: String(event.timeNs) }))),
    links: JSON.stringify(links),
  }
}

const known = new Map<string, string>()
function snake(name: string): string {
  const text = known.get(name) ?? name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  known.set(name, text)
  return text
}
