/** Bytes that grow as they are written. `take` gives them and starts anew. */
class ByteWriter {
  private bytes: Buffer
  private length = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size)
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

  text(value: string) {
    if (value.length < 128) this.room(value.length * 3 + 8)
    else {
      const size = Buffer.byteLength(value)
      this.varint(size)
      this.room(size)
      this.length += this.bytes.write(value, this.length)
      return
    }
    const at = this.length
    const size = this.bytes.write(value, at + 1)
    if (size < 0x80) this.bytes[at] = size
    else {
      this.bytes.copyWithin(at + 2, at + 1, at + 1 + size)
      this.bytes[at] = (size % 0x80) | 0x80
      this.bytes[at + 1] = size >>> 7
      this.length += 1
    }
    this.length += size + 1
  }

  uint32(value: number) {
    this.room(4)
    this.length = this.bytes.writeUInt32LE(value, this.length)
  }

  uint64(value: number) {
    this.room(8)
    this.bytes.writeUInt32LE(value % 0x100000000, this.length)
    this.length = this.bytes.writeUInt32LE(Math.floor(value / 0x100000000), this.length + 4)
  }

  int64(value: bigint) {
    this.room(8)
    this.length = this.bytes.writeBigInt64LE(value, this.length)
  }

  float64(value: number) {
    this.room(8)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  private room(size: number) {
    if (this.length + size <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

/** One column of a Native block: how ClickHouse calls its type, and how its values are written for all rows. */
export type NativeColumn<Row> = { name: string; type: string; write(out: ByteWriter, rows: readonly Row[]): void }

/**
 * A column of texts, also for LowCardinality ones, which ClickHouse casts to. Other types below likewise say their plain
 * form.
 */
export function textColumn<Row>(name: string, read: (row: Row) => string): NativeColumn<Row> {
  return {
    name,
    type: 'String',
    write(out, rows) {
      for (const row of rows) out.text(read(row))
    },
  }
}

export function uint32Column<Row>(name: string, read: (row: Row) => number): NativeColumn<Row> {
  return {
    name,
    type: 'UInt32',
    write(out, rows) {
      for (const row of rows) out.uint32(read(row))
    },
  }
}

export function int64Column<Row>(name: string, read: (row: Row) => bigint): NativeColumn<Row> {
  return {
    name,
    type: 'Int64',
    write(out, rows) {
      for (const row of rows) out.int64(read(row))
    },
  }
}

export function float64Column<Row>(name: string, read: (row: Row) => number): NativeColumn<Row> {
  return {
    name,
    type: 'Float64',
    write(out, rows) {
      for (const row of rows) out.float64(read(row))
    },
  }
}

/** Ticks of 10^-scale seconds since the epoch. */
export function dateTime64Column<Row>(name: string, scale: 3 | 9, read: (row: Row) => bigint): NativeColumn<Row> {
  return { ...int64Column(name, read), type: `DateTime64(${scale}, 'UTC')` }
}

export function textListColumn<Row>(name: string, read: (row: Row) => readonly string[]): NativeColumn<Row> {
  return {
    name,
    type: 'Array(String)',
    write(out, rows) {
      const lists = rows.map(read)
      ends(out, lists)
      for (const list of lists) for (const item of list) out.text(item)
    },
  }
}

export function textMapColumn<Row>(
  name: string,
  read: (row: Row) => Readonly<Record<string, string>>,
): NativeColumn<Row> {
  return {
    name,
    type: 'Map(String, String)',
    write(out, rows) {
      const maps = entriesOf(rows.map(read))
      ends(out, maps)
      for (const map of maps) for (const [key] of map) out.text(key)
      for (const map of maps) for (const [, value] of map) out.text(value)
    },
  }
}

/** Neighbours often share one map, such as their resource's: it is taken apart once. */
function entriesOf(maps: readonly Readonly<Record<string, string>>[]): [string, string][][] {
  let last: Readonly<Record<string, string>> | undefined
  let entries: [string, string][] = []
  return maps.map(map => {
    if (map !== last) entries = Object.entries(map)
    last = map
    return entries
  })
}

/** An array column begins with the index behind the last element of each row. */
function ends(out: ByteWriter, lists: readonly { length: number }[]) {
  let end = 0
  for (const list of lists) {
    end += list.length
    out.uint64(end)
  }
}

/** One block in ClickHouse's Native format: columns and rows counted, then each column whole. */
export function nativeBlock<Row>(
  columns: readonly NativeColumn<Row>[],
  rows: readonly Row[],
  sizeHint = 1 << 16,
): Buffer {
  const out = new ByteWriter(sizeHint)
  out.varint(columns.length)
  out.varint(rows.length)
  for (const column of columns) {
    out.text(column.name)
    out.text(column.type)
    column.write(out, rows)
  }
  return out.written()
}
