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

/** The same for what is on disk for a second: to compress it, or even to copy it, would cost more than to write it. */
export function packJournalled({ bytes, payloads }: SpanBlock): [head: Buffer, bytes: Buffer] {
  const rest = serialize({ payloads: [...payloads], isBooked: true } satisfies Omit<Packed, 'bytes'>)
  const head = Buffer.allocUnsafe(8)
  head.writeUInt32LE(plainMagic, 0)
  head.writeUInt32LE(rest.length, 4)
  return [Buffer.concat([head, rest]), bytes]
}

/** Rows that an earlier release spooled lack what it did not know: that gets the value of a span that does not say. */
export async function unpackRecord(payload: Buffer): Promise<SpoolMarks & { rows: SpanRow[] }> {
  const packed = payload.readUInt32LE(0) === plainMagic ? unpackPlain(payload) : deserialize(await decompress(payload))
  const { bytes, payloads = [], ...marks } = packed as Packed
  const span = mapSpan(emptySpan(), { name: '', version: '', spans: [] }, mapResource(new Map()), 0n)
  const nothingSaid = { ...span, projectId: '', receivedMs: 0 }
  const contents = new Map(payloads.map(({ hash, content }) => [hash, content]))
  const rows = readSpanBlocks(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  return { ...marks, rows: rows.map(row => backInLine({ ...nothingSaid, ...row }, contents)) }
}

/** "SPAN"; what is compressed begins with the mark of zstd. */
const plainMagic = 0x4e415053

function unpackPlain(payload: Buffer): Packed {
  const end = 8 + payload.readUInt32LE(4)
  return { ...deserialize(payload.subarray(8, end)), bytes: payload.subarray(end) }
}
