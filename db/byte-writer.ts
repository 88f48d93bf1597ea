import type { BufferPool } from './buffer-pool.ts'

/** A text, or its UTF-8 bytes as they came. */
export type Text = string | Uint8Array
export const stringOf = (value: Text): string =>
  typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.length).toString()

/** Up to so many letters, writing one by one is quicker than a call into the runtime. */
const short = 48

/** Bytes that grow as they are written. */
export class ByteWriter {
  private bytes: Buffer
  private view: DataView
  private length = 0
  private readonly pool: BufferPool | undefined

  constructor(size: number, pool?: BufferPool) {
    this.pool = pool
    this.bytes = this.take(size)
    this.view = viewOf(this.bytes)
  }

  byte(value: number) {
    this.room(1)
    this.bytes[this.length++] = value
  }

  varint(value: number) {
    this.room(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.length++] = rest
  }

  /** A text behind its length in bytes. */
  text(value: Text) {
    if (typeof value !== 'string') this.raw(value)
    else if (value.length > short || !this.ascii(value)) this.anyText(value)
  }

  /** A JSON string of the bytes between, which must be ASCII; false, and nothing written, where some would be escaped. */
  quoted(from: Uint8Array, start: number, stop: number): boolean {
    const size = stop - start + 2
    this.room(size + 8)
    const { bytes } = this
    let at = this.length
    for (let rest = size; ; rest >>>= 7) {
      if (rest < 0x80) {
        bytes[at++] = rest
        break
      }
      bytes[at++] = (rest & 0x7f) | 0x80
    }
    bytes[at++] = 0x22
    for (let place = start; place < stop; place++) {
      const byte = from[place] as number
      if (byte < 0x20 || byte >= 0x80 || byte === 0x22 || byte === 0x5c) return false
      bytes[at++] = byte
    }
    bytes[at++] = 0x22
    this.length = at
    return true
  }

  uint16(value: number) {
    this.room(2)
    this.view.setUint16(this.length, value, true)
    this.length += 2
  }

  uint32(value: number) {
    this.room(4)
    this.view.setUint32(this.length, value, true)
    this.length += 4
  }

  uint64(value: number) {
    this.room(8)
    this.view.setUint32(this.length, value >>> 0, true)
    this.view.setUint32(this.length + 4, value < 0x100000000 ? 0 : Math.floor(value / 0x100000000), true)
    this.length += 8
  }

  int64(value: bigint) {
    this.room(8)
    this.view.setBigInt64(this.length, value, true)
    this.length += 8
  }

  float64(value: number) {
    this.room(8)
    this.view.setFloat64(this.length, value, true)
    this.length += 8
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  /** Writes a short text of ASCII; false, and nothing written, when it is none. */
  private ascii(value: string): boolean {
    const size = value.length
    this.room(size + 1)
    const { bytes } = this
    const at = this.length + 1
    for (let place = 0; place < size; place++) {
      const code = value.charCodeAt(place)
      if (code >= 0x80) return false
      bytes[at + place] = code
    }
    bytes[this.length] = size
    this.length = at + size
    return true
  }

  private anyText(value: string) {
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.room(size)
    this.length += this.bytes.write(value, this.length)
  }

  private raw(value: Uint8Array) {
    this.varint(value.length)
    this.room(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
  }

  private room(size: number) {
    if (this.length + size > this.bytes.length) this.grow(size)
  }

  private grow(size: number) {
    const grown = this.take(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.pool?.give(this.bytes)
    this.bytes = grown
    this.view = viewOf(grown)
  }

  private take(size: number): Buffer {
    return this.pool ? this.pool.take(size) : Buffer.allocUnsafe(size)
  }
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
