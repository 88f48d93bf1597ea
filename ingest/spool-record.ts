import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Payload } from '../db/payloads.ts'
import { readSpanBlocks, type SpanBlock } from '../db/span-block.ts'
import { backInLine } from '../db/span-payloads.ts'
import type { SpanRow } from '../db/spans.ts'
import { emptySpan } from './otlp/request.ts'
import { mapResource, mapSpan } from './semconv/map-span.ts'

export type SpoolMarks = {
  /** An insert of exactly these was tried and may yet arrive. */
  token?: string
  /** The ledger has them as stored. */
  isBooked?: boolean
}
/** Blocks of spans as they were made. */
export type SpoolRecord = SpoolMarks & { blocks: readonly Pick<SpanBlock, 'bytes' | 'payloads'>[] }
type Packed = SpoolMarks & { bytes: Uint8Array; payloads?: Payload[] }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export async function packRecord({ blocks, ...marks }: SpoolRecord): Promise<Buffer> {
  const bytes = Buffer.concat(blocks.map(block => block.bytes))
  const packed: Packed = { ...marks, bytes, payloads: blocks.flatMap(({ payloads }) => payloads) }
  return compress(serialize(packed))
}

/** The same for what is on disk for a second: to compress it would cost more than to write it. */
export function packJournalled({ bytes, payloads }: SpanBlock): Buffer {
  const packed: Packed = { bytes, payloads: [...payloads], isBooked: true }
  return serialize(packed)
}

/** Rows that an earlier release spooled lack what it did not know: that gets the value of a span that does not say. */
export async function unpackRecord(payload: Buffer): Promise<SpoolMarks & { rows: SpanRow[] }> {
  const isCompressed = payload.readUInt32LE(0) === zstdMagic
  const packed = deserialize(isCompressed ? await decompress(payload) : payload) as Packed
  const { bytes, payloads = [], ...marks } = packed
  const span = mapSpan(emptySpan(), { name: '', version: '', spans: [] }, mapResource(new Map()), 0n)
  const nothingSaid = { ...span, projectId: '', receivedMs: 0 }
  const contents = new Map(payloads.map(({ hash, content }) => [hash, content]))
  const rows = readSpanBlocks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return { ...marks, rows: rows.map(row => backInLine({ ...nothingSaid, ...row }, contents)) }
}

const zstdMagic = 0xfd2fb528
