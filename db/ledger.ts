import type { ClickHouse } from './clickhouse.ts'
import type { Logger } from './log.ts'
import type { Monitor } from './monitor.ts'

export type LedgerEntry = {
  projectId: string
  /** Requests are noted only where they are refused whole. */
  item: 'spans' | 'logs' | 'metrics' | 'signals' | 'requests'
  /**
   * Corrected are signals that took the place of one that said something else. Not kept are sound records that nothing asks for, such as ordinary logs.
   * What is spooled counts again, as stored or duplicate and without a client, when the store takes it.
   */
  outcome: 'received' | 'stored' | 'duplicate' | 'corrected' | 'rejected' | 'spooled' | 'not kept'
  /** Why something was rejected; '' else. */
  reason?: string
  /** The sender's product, from its user agent. */
  client: string
  count: number
  bytes?: number
}

export type Ledger = { record(...entries: LedgerEntry[]): void; flush(): Promise<void>; stop(): Promise<void> }

type Parts = { clickhouse: ClickHouse; log: Logger; monitor: Monitor }

const everyMs = 1_000
/** Distinct lines held while ClickHouse does not answer; beyond them, the newest are dropped. */
const maxLines = 10_000

/**
 * Counts what arrived and what became of it. Entries are summed and written once a second, so a kill can lose the last
 * second of counts (never of spans).
 */
export function openLedger({ clickhouse, log, monitor }: Parts): Ledger {
  let lines = new Map<string, Line>()
  let writing = Promise.resolve()
  const told = tellMonitor(monitor)

  function record(...entries: LedgerEntry[]) {
    for (const entry of entries) {
      if (entry.count === 0 && !entry.bytes) continue
      add(lines, lineOf(entry))
      told(entry)
    }
  }

  async function write() {
    if (lines.size === 0) return
    const taken = lines
    lines = new Map()
    try {
      await clickhouse.insertRows({ table: 'ledger', rows: [...taken.values()] })
    } catch (error) {
      log.warn('cannot write the ledger; its counts are kept for the next try', { error })
      for (const line of taken.values()) add(lines, line)
    }
  }

  const flush = () => {
    writing = writing.then(write)
    return writing
  }
  const timer = setInterval(flush, everyMs)
  timer.unref()
  return {
    record,
    flush,
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** All projects and clients together: a monitor would keep a series for each. */
function tellMonitor(monitor: Monitor) {
  const records = monitor.counts({
    name: 'davylamp_records_total',
    help: 'Spans, logs, metrics and signals that arrived, and requests refused whole, by what became of them.',
    labels: ['item', 'outcome', 'reason'],
  })
  const sizes = monitor.counts({
    name: 'davylamp_received_bytes_total',
    help: 'Bytes of the requests that brought them, inflated.',
    labels: ['item'],
  })
  return ({ item, outcome, reason = '', count, bytes = 0 }: LedgerEntry) => {
    records({ item, outcome, reason }, count)
    if (bytes > 0) sizes({ item }, bytes)
  }
}

type Line = {
  project_id: string
  hour: string
  item: string
  outcome: string
  reason: string
  client: string
  count: number
  bytes: number
  last_at: string
}

function lineOf({ projectId, item, outcome, reason = '', client, count, bytes = 0 }: LedgerEntry): Line {
  const now = new Date().toISOString()
  return {
    project_id: projectId,
    hour: `${now.slice(0, 13)}:00:00Z`,
    item,
    outcome,
    reason,
    client: client.slice(0, 100),
    count,
    bytes,
    last_at: now,
  }
}

function add(lines: Map<string, Line>, line: Line) {
  const key = [line.project_id, line.hour, line.item, line.outcome, line.reason, line.client].join('\n')
  const known = lines.get(key)
  if (known) {
    known.count += line.count
    known.bytes += line.bytes
    known.last_at = line.last_at
  } else if (lines.size < maxLines) lines.set(key, line)
}
