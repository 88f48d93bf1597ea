import { nameAt } from './names.ts'
import { DecodeError } from './request.ts'

/** The protobuf wire type of a field, as in its tag. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Walks protobuf fields without copying: `next` finds the next field of a message and where its value lies, and only
 * what is asked for is decoded. Every step is checked against the end of the enclosing message.
 */
export class WireReader {
  readonly bytes: Buffer
  readonly view: DataView
  pos = 0
  /** Field number << 3 | wire type of the field found last. */
  tag = 0
  /** Where the value of a length-delimited field begins and ends. */
  start = 0
  stop = 0
  private low = 0
  private high = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Finds the next field before `end` and steps over it; false at the end. `within` names the message in errors. */
  next(end: number, within: string): boolean {
    if (this.pos >= end) return false
    this.readVarint(end, within)
    if (this.high !== 0 || this.low < 8) throw this.fault(`unexpected tag ${this.low}`, within)
    this.tag = this.low
    const type = this.low & 7
    this.start = this.pos
    if (type === wire.bytes) {
      this.readVarint(end, within)
      this.start = this.pos
      if (this.high !== 0 || this.low > end - this.pos) throw this.unexpectedEnd(end, within)
      this.stop = this.pos + this.low
    } else if (type === wire.varint) {
      this.readVarint(end, within)
      this.stop = this.pos
    } else if (type === wire.fixed64 || type === wire.fixed32) {
      this.stop = this.pos + (type === wire.fixed64 ? 8 : 4)
      if (this.stop > end) throw this.unexpectedEnd(end, within)
    } else {
      throw this.fault(`unexpected wire type ${type}`, within)
    }
    this.pos = this.stop
    return true
  }

  /** Goes back to a varint that `next` found before. */
  again(start: number, stop: number) {
    this.pos = start
    this.readVarint(stop, 'a value')
  }

  text(): string {
    return this.textAt(this.start, this.stop)
  }

  textAt(start: number, stop: number): string {
    return this.bytes.toString('utf8', start, stop)
  }

  /** A text of which there are few, such as an attribute's key: known ones are found by their bytes, not decoded again. */
  name(): string {
    return nameAt(this.view, this.start, this.stop).text
  }

  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(this.start, this.stop))
  }

  /** The varint found last as an unsigned 32-bit number. */
  uint32(): number {
    return this.low
  }

  /** The varint found last as int64: a number where that is exact. */
  int64(): number | bigint {
    const high = this.high | 0
    if (high >= -0x200000 && high <= 0x1fffff) return high * 0x100000000 + this.low
    return (BigInt(high) << 32n) | BigInt(this.low)
  }

  bool(): boolean {
    return this.low !== 0 || this.high !== 0
  }

  fixed64(): bigint {
    return this.view.getBigUint64(this.start, true)
  }

  double(at = this.start): number {
    return this.view.getFloat64(at, true)
  }

  fault(what: string, within: string): DecodeError {
    return new DecodeError(
      `cannot decode OTLP request of ${this.bytes.length} bytes: ${what} at byte ${this.pos} in ${within}`,
    )
  }

  private unexpectedEnd(end: number, within: string) {
    this.pos = end
    return this.fault('unexpected end', within)
  }

  /** Most varints are of one byte: the others are read apart, so that this is short enough to be inlined. */
  private readVarint(end: number, within: string) {
    const byte = this.pos < end ? (this.bytes[this.pos] as number) : 0x80
    if (byte >= 0x80) return this.readLongVarint(end, within)
    this.pos += 1
    this.low = byte
    this.high = 0
  }

  private readLongVarint(end: number, within: string) {
    const bytes = this.bytes
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= end) throw this.unexpectedEnd(end, within)
      const byte = bytes[this.pos++] as number
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw this.fault('varint longer than 10 bytes', within)
  }
}
