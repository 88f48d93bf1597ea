import type { ClickHouse } from '../db/clickhouse.ts'
import type { Ledger } from '../db/ledger.ts'
import type { Redaction } from '../db/redaction.ts'
import { existingEvents, insertEvents, type LoggedEvent } from '../db/span-events.ts'
import { eventsOfSpans } from './logs-events.ts'
import type { Rejected } from './otlp/answers.ts'
import type { OtlpResourceLogs } from './otlp/log-request.ts'
import { StoreUnavailable } from './persist.ts'
import { redactLogsInTurns } from './redact-logs.ts'
import { rememberedBy, shownFlags } from './redact-spans.ts'
import type { TraceFacts } from './trace-facts.ts'
import type { Sender } from './trace-intake.ts'
import { inTurns } from './turns.ts'

type Parts = { clickhouse: ClickHouse; ledger: Ledger; facts: TraceFacts; redaction: Redaction }

/**
 * Stores the log records that are events of a span; resolves when they are stored. Other logs are not kept, and nothing
 * is rejected. `bytes` is the inflated size of the request.
 */
export async function takeLogs(
  resources: OtlpResourceLogs[],
  { projectId, client, bytes }: Sender & { bytes: number },
  { clickhouse, ledger, facts, redaction }: Parts,
): Promise<Rejected> {
  const redactor = await redaction.of(projectId)
  if (redactor) await redactLogsInTurns(resources, redactor)
  const { events, others } = await inTurns(eventsOfSpans(resources, projectId, Date.now()))
  resources.length = 0
  if (redactor) for (const event of events) event.flags = shownFlags(event.flags)
  const note = (outcome: 'received' | 'stored' | 'duplicate' | 'not kept', count: number, more = {}) =>
    ledger.record({ projectId, client, item: 'logs', outcome, count, ...more })
  note('received', events.length + others, { bytes })
  note('not kept', others)
  const remembered = rememberedBy(projectId, redactor)
  let stored = 0
  for (let at = 0; at < events.length; at += perInsert) {
    const some = events.slice(at, at + perInsert)
    stored += await store(clickhouse, some)
    for (const { traceId, flags } of some) facts.tell(remembered, traceId, flags)
  }
  note('stored', stored)
  note('duplicate', events.length - stored)
  return { count: 0, message: '' }
}

/** A request of more is stored piece by piece; what was stored before one failed is known again when it is sent again. */
const perInsert = 8_192

/** How many were new. A client that sends the same records twice at once has them counted twice, but shown once. */
async function store(clickhouse: ClickHouse, events: LoggedEvent[]): Promise<number> {
  try {
    const existing = await existingEvents(clickhouse, events)
    const fresh = [...new Map(events.filter(({ id }) => !existing.has(id)).map(event => [event.id, event])).values()]
    if (fresh.length > 0) await insertEvents(clickhouse, fresh)
    return fresh.length
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.slice(0, 300) : String(cause)
    throw new StoreUnavailable(`the store did not take the logs: ${words}`, { cause })
  }
}
