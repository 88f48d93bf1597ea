import { globSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { ClickHouse } from '../../db/clickhouse.ts'
import { readFrame } from '../../ingest/spool-frames.ts'

const column = z.object({ table: z.string(), name: z.string() })
const counted = z.object({ n: z.coerce.number() })

/** The tables in which a project has a row that holds a text, in whatever column; letters' case apart. */
export async function tablesWith(clickhouse: ClickHouse, projectId: string, text: string): Promise<string[]> {
  const columns = await clickhouse.query({
    sql: `
      select columns.table as table, columns.name as name
      from system.columns as columns
      join system.tables as tables on tables.database = columns.database and tables.name = columns.table
      where columns.database = currentDatabase() and tables.engine like '%MergeTree%'
        and columns.type not like 'AggregateFunction%'`,
    row: column,
  })
  const found: string[] = []
  for (const [table, names] of Map.groupBy(columns, ({ table }) => table)) {
    if (!names.some(({ name }) => name === 'project_id')) continue
    const holds = names.map(({ name }) => `positionCaseInsensitive(toString(${name}), {text:String}) > 0`).join(' or ')
    const sql = `select count() as n from ${table} where project_id = {projectId:String} and (${holds})`
    const [row] = await clickhouse.query({ sql, params: { projectId, text }, row: counted })
    if (row && row.n > 0) found.push(table)
  }
  return found.sort()
}

/** What waits in the spools below a folder, inflated. */
export async function spooledBytes(folder: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const path of globSync(join(folder, '**/*.spool'))) {
    const file = await open(path)
    const { size } = await file.stat()
    for (let at = 0; ; ) {
      const frame = await readFrame(file, at, size)
      if (!frame) break
      if (frame.payload) parts.push(zstdDecompressSync(frame.payload))
      at = frame.end
    }
    await file.close()
  }
  return Buffer.concat(parts)
}
