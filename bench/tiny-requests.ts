import { randomBytes } from 'node:crypto'

/** As many as one request may hold, by the bound on its items. */
export const mostTiny = 245_000

const field = (number: number, body: Buffer) =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(body.length), body])
const varint = (value: number): Buffer =>
  value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value & 0x7f) | 0x80]), varint(value >>> 7)])

const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(9)
  bytes[0] = (number << 3) | 1
  bytes.writeBigUInt64LE(value, 1)
  return bytes
}

/** A request of the smallest spans, each of a trace of its own: inflated some 11 MiB, but as many as they can be. */
export function tinySpans(count = mostTiny): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n
  const times = Buffer.concat([fixed64(7, now), fixed64(8, now + 5n)])
  const span = () => field(2, Buffer.concat([field(1, randomBytes(16)), field(2, randomBytes(8)), times]))
  return field(1, field(2, Buffer.concat(Array.from({ length: count }, span))))
}

/** The same of log records that are events of spans. */
export function tinyLogs(count = mostTiny): Buffer {
  const time = fixed64(1, BigInt(Date.now()) * 1_000_000n)
  const name = field(12, Buffer.from('gen_ai.user.message'))
  const log = () => field(2, Buffer.concat([time, field(9, randomBytes(16)), field(10, randomBytes(8)), name]))
  return field(1, field(2, Buffer.concat(Array.from({ length: count }, log))))
}
