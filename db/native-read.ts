/** A column of a Native block as it is read: texts, numbers, bigints, lists of texts or records of texts. */
export type ReadColumn = { name: string; type: string; values: unknown[] }

/** Reads one block of the types that `native.ts` writes, and where it ends. Throws on any other type, and past the end. */
export function readNativeBlock(bytes: Buffer, from = 0): { columns: ReadColumn[]; rows: number; end: number } {
  const reader = new NativeReader(bytes, from)
  const count = reader.varint()
  const rows = reader.varint()
  const columns = Array.from({ length: count }, () => {
    const name = reader.text()
    const type = reader.text()
    return { name, type, values: reader.column(type, rows) }
  })
  return { columns, rows, end: reader.at }
}

class NativeReader {
  at: number
  private readonly bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  column(type: string, rows: number): unknown[] {
    if (type === 'String') return this.times(rows, () => this.text())
    if (type === 'UInt32') return this.times(rows, () => this.bytes.readUInt32LE(this.step(4)))
    if (type === 'Float64') return this.times(rows, () => this.bytes.readDoubleLE(this.step(8)))
    if (type === 'Int64' || type.startsWith('DateTime64'))
      return this.times(rows, () => this.bytes.readBigInt64LE(this.step(8)))
    if (type === 'LowCardinality(String)') {
      this.step(8)
      return this.names(rows)
    }
    if (type === 'Array(LowCardinality(String))') {
      this.step(8)
      const ends = this.times(rows, () => this.count())
      const items = this.names(ends.at(-1) ?? 0)
      return ends.map((end, row) => items.slice(ends[row - 1] ?? 0, end))
    }
    if (type === 'Map(LowCardinality(String), String)') return this.maps(rows)
    throw new Error(`a column of type ${type} cannot be read`)
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.step(1)] as number
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  text(): string {
    const size = this.varint()
    const start = this.step(size)
    return this.bytes.toString('utf8', start, start + size)
  }

  private maps(rows: number): Record<string, string>[] {
    this.step(8)
    const ends = this.times(rows, () => this.count())
    const size = ends.at(-1) ?? 0
    const keys = this.names(size)
    const values = this.times(size, () => this.text())
    return ends.map((end, row) => {
      const map: Record<string, string> = Object.create(null)
      for (let at = ends[row - 1] ?? 0; at < end; at++) map[keys[at] as string] = values[at] as string
      return map
    })
  }

  private names(rows: number): string[] {
    if (rows === 0) return []
    const width = [1, 2, 4][this.bytes[this.step(8)] as number] ?? 8
    const names = this.times(this.count(), () => this.text())
    if (this.count() !== rows) throw new Error('a dictionary has not as many indexes as there are rows')
    return this.times(rows, () => names[this.bytes.readUIntLE(this.step(width), width)] as string)
  }

  private count(): number {
    return Number(this.bytes.readBigUInt64LE(this.step(8)))
  }

  private times<Value>(count: number, read: () => Value): Value[] {
    if (count > this.bytes.length) throw new Error('a block of fewer bytes than rows')
    return Array.from({ length: count }, read)
  }

  /** Where the next so many bytes begin. */
  private step(size: number): number {
    const start = this.at
    if (start + size > this.bytes.length) throw new Error('a block ends too early')
    this.at = start + size
    return start
  }
}
