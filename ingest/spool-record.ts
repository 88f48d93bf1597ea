import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Payload } from '../db/payloads.ts'
import { readSpanBlocks, type SpanBlock } from '../db/span-block.ts'
import { backInLine } from '../db/span-payloads.ts'
import type { SpanRow } from '../db/spans.ts'
import { emptySpan } from './otlp/request.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'

/** Blocks of spans as they were made; with `token`, an insert of exactly these was tried and may yet arrive. */
export type SpoolRecord = { blocks: readonly Pick<SpanBlock, 'bytes' | 'payloads'>[]; token?: string }
type Packed = { bytes: Uint8Array; payloads?: Payload[]; token?: string }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export async function packRecord({ blocks, token }: SpoolRecord): Promise<Buffer> {
  const bytes = Buffer.concat(blocks.map(block => block.bytes))
  const packed: Packed = { bytes, payloads: blocks.flatMap(({ payloads }) => payloads), token }
  return compress(serialize(packed))
}

/** Rows that an earlier release spooled lack what it did not know: that gets the value of a span that does not say. */
export async function unpackRecord(payload: Buffer): Promise<{ rows: SpanRow[]; token?: string }> {
  const { bytes, payloads = [], token } = deserialize(await decompress(payload)) as Packed
  const span = mapSpan(emptySpan(), { name: '', version: '', spans: [] }, mapResource(new Map()), 0n)
  const nothingSaid = { ...span, projectId: '', receivedMs: 0 }
  const contents = new Map(payloads.map(({ hash, content }) => [hash, content]))
  const rows = readSpanBlocks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return { rows: rows.map(row => backInLine({ ...nothingSaid, ...row }, contents)), token }
}
