import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import { type Offloadable, offload, referencesOf, restore } from './domain/offload.ts'
import { nativeBlock, textColumn } from './native.ts'

type Writer = Pick<ClickHouse, 'query' | 'insertNative'>
type Reader = Pick<ClickHouse, 'query'>
type Payload = { projectId: string; hash: string; content: string }

const columns = [
  textColumn<Payload>('project_id', row => row.projectId),
  textColumn<Payload>('hash', row => row.hash),
  textColumn<Payload>('content', row => row.content),
]
/** Of one insert, in characters. */
const mostTogether = 16 << 20

/**
 * Stores the large texts of spans out of line, each text once for a project, and resolves with the rows that name them:
 * to be inserted after that, so that no span names what is not there. The rows themselves are left as they are.
 */
export async function offloadSpans<Row extends Offloadable & { projectId: string }>(
  clickhouse: Writer,
  rows: readonly Row[],
  signal?: AbortSignal,
): Promise<readonly Row[]> {
  const payloads = new Map<string, Payload>()
  const short = rows.map(row =>
    offload(row, content => {
      const hash = createHash('sha256').update(content).digest('hex')
      payloads.set(`${row.projectId}/${hash}`, { projectId: row.projectId, hash, content })
      return hash
    }),
  )
  if (payloads.size === 0) return short.some((row, at) => row !== rows[at]) ? short : rows
  const known = await existingPayloads(clickhouse, [...payloads.values()], signal)
  let batch: Payload[] = []
  let size = 0
  const write = async () => {
    const body = nativeBlock(columns, batch, size + 4096)
    const names = columns.map(({ name }) => name)
    if (batch.length > 0) await clickhouse.insertNative({ table: 'payloads', columns: names, body, signal })
    batch = []
    size = 0
  }
  for (const [key, payload] of payloads) {
    if (known.has(key)) continue
    if (size + payload.content.length > mostTogether) await write()
    batch.push(payload)
    size += payload.content.length
  }
  await write()
  return short
}

async function existingPayloads({ query }: Reader, payloads: Payload[], signal?: AbortSignal): Promise<Set<string>> {
  const rows = await query({
    sql: `
      select project_id as projectId, hash
      from payloads
      where project_id in {projects:Array(String)} and hash in {hashes:Array(String)}
      group by projectId, hash`,
    params: {
      projects: [...new Set(payloads.map(({ projectId }) => projectId))],
      hashes: payloads.map(({ hash }) => hash),
    },
    row: z.object({ projectId: z.string(), hash: z.string() }),
    signal,
  })
  return new Set(rows.map(({ projectId, hash }) => `${projectId}/${hash}`))
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
