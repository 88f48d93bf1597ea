import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { SpanRow } from '../db/spans.ts'
import { emptySpan } from './otlp/request.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'

/** Rows as they were mapped; with `token`, an insert of exactly these was tried and may yet arrive. */
export type SpoolRecord = { rows: SpanRow[]; token?: string }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export async function packRecord({ rows, token }: SpoolRecord): Promise<Buffer> {
  return compress(serialize({ rows, token }))
}

/** Rows that an earlier release spooled lack what it did not know: that gets the value of a span that does not say. */
export async function unpackRecord(payload: Buffer): Promise<SpoolRecord> {
  const { rows, token } = deserialize(await decompress(payload)) as SpoolRecord
  const nothingSaid = mapSpan(emptySpan(), { name: '', version: '', spans: [] }, mapResource(new Map()), 0n)
  return { rows: rows.map(row => ({ ...nothingSaid, ...row })), token }
}
