import { ByteWriter, type Text } from './byte-writer.ts'

/** One column of a Native block: how ClickHouse calls its type, and how its values are written for all rows. */
export type NativeColumn<Row> = { name: string; type: string; write(out: ByteWriter, rows: readonly Row[]): void }

/** A map of texts that writes its values itself, in the order of its keys. */
export type TextMap = {
  readonly size: number
  /** No value has more characters than this. */
  readonly longest: number
  addKeys(to: string[]): void
  writeValues(out: ByteWriter): void
  has(key: string): boolean
  /** All of it as a record without a prototype. */
  record(): Record<string, string>
}
type Texts = Readonly<Record<string, string>>

/** A column of texts. ClickHouse casts where the table says another form of them, as it does for the types below. */
export function textColumn<Row>(name: string, read: (row: Row) => Text): NativeColumn<Row> {
  return {
    name,
    type: 'String',
    write(out, rows) {
      for (const row of rows) out.text(read(row))
    },
  }
}

/** A column of few distinct texts, each written once a block. */
export function nameColumn<Row>(name: string, read: (row: Row) => string): NativeColumn<Row> {
  return {
    name,
    type: 'LowCardinality(String)',
    write(out, rows) {
      out.uint64(lowCardinality)
      writeNames(out, rows, read)
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

export function nameListColumn<Row>(name: string, read: (row: Row) => readonly string[]): NativeColumn<Row> {
  return {
    name,
    type: 'Array(LowCardinality(String))',
    write(out, rows) {
      out.uint64(lowCardinality)
      const lists = rows.map(read)
      let end = 0
      for (const list of lists) {
        end += list.length
        out.uint64(end)
      }
      if (end > 0) writeNames(out, lists.flat(), asIs)
    },
  }
}

export function textMapColumn<Row>(name: string, read: (row: Row) => Texts | TextMap): NativeColumn<Row> {
  return {
    name,
    type: 'Map(LowCardinality(String), String)',
    write(out, rows) {
      out.uint64(lowCardinality)
      const maps = rows.map(row => asTextMap(read(row)))
      let end = 0
      for (const map of maps) {
        end += map.size
        out.uint64(end)
      }
      const keys: string[] = []
      for (const map of maps) map.addKeys(keys)
      if (end > 0) writeNames(out, keys, asIs)
      for (const map of maps) map.writeValues(out)
    },
  }
}

/** A record of texts has no functions in it. */
export const isTextMap = (map: Texts | TextMap): map is TextMap => typeof map.writeValues === 'function'

function asTextMap(map: Texts | TextMap): Pick<TextMap, 'size' | 'addKeys' | 'writeValues'> {
  if (isTextMap(map)) return map
  const entries = Object.entries(map)
  return {
    size: entries.length,
    addKeys(to) {
      for (const [key] of entries) to.push(key)
    },
    writeValues(out) {
      for (const [, value] of entries) out.text(value)
    },
  }
}

/** The version of ClickHouse's form of LowCardinality, which stands before such a column. */
const lowCardinality = 1
/** The block brings all its distinct texts itself. */
const ownDictionary = (1 << 9) | (1 << 10)

const asIs = (name: string) => name

/** Distinct texts, then for each row which of them it is. */
function writeNames<Item>(out: ByteWriter, items: readonly Item[], read: (item: Item) => string) {
  const numbers = new Map<string, number>()
  const indexes = new Uint32Array(items.length)
  let last: string | undefined
  let lastNumber = 0
  for (let row = 0; row < items.length; row++) {
    const name = read(items[row] as Item)
    if (name !== last) {
      last = name
      lastNumber = numbers.get(name) ?? numbers.size
      if (lastNumber === numbers.size) numbers.set(name, lastNumber)
    }
    indexes[row] = lastNumber
  }
  const width = numbers.size <= 0x100 ? 0 : numbers.size <= 0x10000 ? 1 : 2
  out.uint64(ownDictionary | width)
  out.uint64(numbers.size)
  for (const name of numbers.keys()) out.text(name)
  out.uint64(items.length)
  for (const index of indexes) {
    if (width === 0) out.byte(index)
    else if (width === 1) out.uint16(index)
    else out.uint32(index)
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
  if (rows.length === 0) throw new Error('a block of no rows')
  for (const column of columns) {
    out.text(column.name)
    out.text(column.type)
    column.write(out, rows)
  }
  return out.written()
}
