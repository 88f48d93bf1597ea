import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { readSpanBlocks } from '../db/span-block.ts'
import type { SpanRow } from '../db/spans.ts'
import { emptySpan } from './otlp/request.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'

/** Blocks of spans as they were made; with `token`, an insert of exactly these was tried and may yet arrive. */
export type SpoolRecord = { blocks: readonly Buffer[]; token?: string }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export async function packRecord({ blocks, token }: SpoolRecord): Promise<Buffer> {
  return compress(serialize({ bytes: Buffer.concat(blocks), token }))
}

/** Rows that an earlier release spooled lack what it did not know: that gets the value of a span that does not say. */
export async function unpackRecord(payload: Buffer): Promise<{ rows: SpanRow[]; token?: string }> {
  const { bytes, token } = deserialize(await decompress(payload)) as { bytes: Uint8Array; token?: string }
  const span = mapSpan(emptySpan(), { name: '', version: '', spans: [] }, mapResource(new Map()), 0n)
  const nothingSaid = { ...span, projectId: '', receivedMs: 0 }
  const rows = readSpanBlocks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return { rows: rows.map(row => ({ ...nothingSaid, ...row })), token }
}
