import type { BufferPool } from './buffer-pool.ts'
import { ByteWriter, type Text } from './byte-writer.ts'
import { Dictionary } from './dictionary.ts'

/** One column of a Native block: how ClickHouse calls its type, and how its values are written for all rows. */
export type NativeColumn<Row> = { name: string; type: string; write(out: ByteWriter, rows: readonly Row[]): void }

/** A map of texts that writes its values itself, in the order of its keys. */
export type TextMap = {
  readonly size: number
  /** No value has more characters than this. */
  readonly longest: number
  addKeys(to: Dictionary): void
  writeValues(out: ByteWriter): void
  has(key: string): boolean
  /** All of it as a record without a prototype. */
  record(): Record<string, string>
}
type Texts = Readonly<Record<string, string>>

/** Each column is written before the next. */
const names = new Dictionary()

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
      names.begin()
      for (const row of rows) names.add(read(row))
      names.write(out)
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
      let end = 0
      for (const row of rows) {
        end += read(row).length
        out.uint64(end)
      }
      if (end === 0) return
      names.begin()
      for (const row of rows) for (const text of read(row)) names.add(text)
      names.write(out)
    },
  }
}

export function textMapColumn<Row>(name: string, read: (row: Row) => Texts | TextMap): NativeColumn<Row> {
  return {
    name,
    type: 'Map(LowCardinality(String), String)',
    write(out, rows) {
      out.uint64(lowCardinality)
      let end = 0
      for (const row of rows) {
        end += sizeOf(read(row))
        out.uint64(end)
      }
      if (end === 0) return
      names.begin()
      for (const row of rows) addKeys(read(row))
      names.write(out)
      for (const row of rows) writeValues(out, read(row))
    },
  }
}

/** A record of texts has no functions in it. */
export const isTextMap = (map: Texts | TextMap): map is TextMap => typeof map.writeValues === 'function'

const sizeOf = (map: Texts | TextMap) => (isTextMap(map) ? map.size : Object.keys(map).length)

function addKeys(map: Texts | TextMap) {
  if (isTextMap(map)) map.addKeys(names)
  else for (const key of Object.keys(map)) names.add(key)
}

function writeValues(out: ByteWriter, map: Texts | TextMap) {
  if (isTextMap(map)) map.writeValues(out)
  else for (const text of Object.values(map)) out.text(text)
}

/** The version of ClickHouse's form of LowCardinality, which stands before such a column. */
const lowCardinality = 1

/** One block in ClickHouse's Native format: columns and rows counted, then each column whole. Its bytes are of the pool. */
export function nativeBlock<Row>(
  columns: readonly NativeColumn<Row>[],
  rows: readonly Row[],
  sizeHint = 1 << 16,
  pool?: BufferPool,
): Buffer {
  const out = new ByteWriter(sizeHint, pool)
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
