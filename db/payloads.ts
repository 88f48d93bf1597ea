import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { type Offloadable, referencesOf, restore } from './domain/offload.ts'
import { dayMs } from './domain/time.ts'
import { nativeBlock, textColumn } from './native.ts'

type Writer = Pick<ClickHouse, 'query' | 'insertNative'>
type Reader = Pick<ClickHouse, 'query'>
/** A large text of a project's spans, which stands out of line. */
export type Payload = { projectId: string; hash: string; content: string }

const columns = [
  textColumn<Payload>('project_id', row => row.projectId),
  textColumn<Payload>('hash', row => row.hash),
  textColumn<Payload>('content', row => row.content),
]
/** Of one insert, in characters. */
const mostTogether = 16 << 20

/**
 * So long after it was stored a payload counts as stored; then it is stored again, which notes when. So none that a span
 * names was stored longer than this before that span, and the old ones can be told from those in use.
 */
export const payloadKnownMs = 7 * dayMs

/** Stores payloads that are not stored yet. */
export async function storePayloads(clickhouse: Writer, payloads: readonly Payload[], signal?: AbortSignal) {
  if (payloads.length === 0) return
  const known = await existingPayloads(clickhouse, payloads, signal)
  let batch: Payload[] = []
  let size = 0
  const write = async () => {
    if (batch.length === 0) return
    const body = nativeBlock(columns, batch, size + 4096)
    const names = columns.map(({ name }) => name)
    await clickhouse.insertNative({ table: 'payloads', columns: names, body, signal })
    batch = []
    size = 0
  }
  for (const payload of payloads) {
    if (known.has(keyOf(payload))) continue
    if (size + payload.content.length > mostTogether) await write()
    batch.push(payload)
    size += payload.content.length
  }
  await write()
}

const keyOf = ({ projectId, hash }: Omit<Payload, 'content'>) => `${projectId}/${hash}`

async function existingPayloads(
  { query }: Reader,
  payloads: readonly Payload[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const rows = await query({
    sql: `
      select project_id as projectId, hash
      from payloads
      where project_id in {projects:Array(String)} and hash in {hashes:Array(String)}
        and received_at > fromUnixTimestamp({since:UInt32})
      group by projectId, hash`,
    params: {
      projects: [...new Set(payloads.map(({ projectId }) => projectId))],
      hashes: payloads.map(({ hash }) => hash),
      since: Math.floor((Date.now() - payloadKnownMs) / 1_000),
    },
    row: z.object({ projectId: z.string(), hash: z.string() }),
    signal,
  })
  return new Set(rows.map(keyOf))
}

/** A span of a project as it was sent, its large texts fetched; the span itself when it has none. */
export async function restoreSpan<Row extends Offloadable>(
  clickhouse: Reader,
  projectId: string,
  row: Row,
): Promise<Row> {
  const hashes = [...new Set(Object.values(referencesOf(row)).map(([hash]) => hash))]
  if (hashes.length === 0) return row
  const found = await clickhouse.query({
    sql: `
      select hash, content
      from payloads
      where project_id = {projectId:String} and hash in {hashes:Array(String)}
      limit 1 by hash`,
    params: { projectId, hashes },
    row: z.object({ hash: z.string(), content: z.string() }),
  })
  return restore(row, new Map(found.map(({ hash, content }) => [hash, content])))
}
