import { expect, it } from 'vitest'
import {
  dateTime64Column,
  float64Column,
  int64Column,
  nameColumn,
  nameListColumn,
  nativeBlock,
  textColumn,
  textMapColumn,
  uint32Column,
} from '../../../db/native.ts'

type Row = { text: string; list: string[] }
const rows: Row[] = [
  { text: 'a', list: ['x', 'y'] },
  { text: 'ü', list: [] },
]

it('writes counts, then each column with its name and type', () => {
  const block = nativeBlock([textColumn<Row>('t', row => row.text)], rows)
  expect([...block]).toEqual([1, 2, 1, 0x74, 6, ...Buffer.from('String'), 1, 0x61, 2, 0xc3, 0xbc])
})

/** The version of the form, then what the dictionary is, its size and texts, the number of rows and their indexes. */
const names = (texts: string[], indexes: number[]) => [
  ...[0, 6, 0, 0, 0, 0, 0, 0, texts.length, 0, 0, 0, 0, 0, 0, 0],
  ...texts.flatMap(text => [text.length, ...Buffer.from(text)]),
  ...[indexes.length, 0, 0, 0, 0, 0, 0, 0, ...indexes],
]
const version = [1, 0, 0, 0, 0, 0, 0, 0]
const head = (type: string, rows = 2) => [1, rows, 1, 0x6e, type.length, ...Buffer.from(type), ...version]

it('writes names as a dictionary and an index a row', () => {
  const block = nativeBlock([nameColumn<string>('n', name => name)], ['b', 'a', 'b', 'b'])
  expect([...block]).toEqual([...head('LowCardinality(String)', 4), ...names(['b', 'a'], [0, 1, 0, 0])])
})

it.each([
  [256, 0, 1],
  [257, 1, 2],
  [65_536, 1, 2],
  [65_537, 2, 4],
])('gives %i names indexes of type %i, each of %i bytes', (count, type, bytes) => {
  const texts = Array.from({ length: count }, (_, at) => String(at))
  const block = nativeBlock([nameColumn<string>('n', name => name)], texts)
  expect(block.includes(Buffer.from([type, 6, 0, 0, 0, 0, 0, 0]))).toBe(true)
  const indexes = block.subarray(block.length - count * bytes)
  expect(indexes.readUIntLE(indexes.length - bytes, bytes)).toBe(count - 1)
})

it('writes lists as the ends of the rows, then all elements', () => {
  const block = nativeBlock([nameListColumn<Row>('n', row => row.list)], rows)
  const ends = [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
  expect([...block]).toEqual([...head('Array(LowCardinality(String))'), ...ends, ...names(['x', 'y'], [0, 1])])
})

it('writes maps as ends, then all keys, then all values, and nothing for none', () => {
  const type = 'Map(LowCardinality(String), String)'
  const map = textMapColumn<Row>('n', row => ({ k: row.text }))
  const ends = [1, 0, 0, 0, 0, 0, 0, 0]
  expect([...nativeBlock([map], rows.slice(0, 1))]).toEqual([...head(type, 1), ...ends, ...names(['k'], [0]), 1, 0x61])
  const empty = textMapColumn<Row>('n', () => ({}))
  expect([...nativeBlock([empty], rows.slice(0, 1))]).toEqual([...head(type, 1), 0, 0, 0, 0, 0, 0, 0, 0])
})

it('writes numbers in little endian', () => {
  const columns = [
    uint32Column<Row>('u', () => 258),
    int64Column<Row>('i', () => -2n),
    float64Column<Row>('f', () => 1.5),
    dateTime64Column<Row>('d', 9, () => 1n),
  ]
  const hex = nativeBlock(columns, rows.slice(0, 1)).toString('hex')
  expect(hex).toContain(`${Buffer.from('UInt32').toString('hex')}02010000`)
  expect(hex).toContain(`${Buffer.from('Int64').toString('hex')}feffffffffffffff`)
  expect(hex).toContain(`${Buffer.from('Float64').toString('hex')}000000000000f83f`)
  expect(hex).toContain(`${Buffer.from("DateTime64(9, 'UTC')").toString('hex')}0100000000000000`)
})

it('writes texts of every length with the right size before them', () => {
  for (const size of [0, 1, 42, 43, 63, 64, 127, 128, 129, 200, 16_383, 16_384, 100_000]) {
    for (const letter of ['a', 'ü', '€', '😀']) {
      const text = letter.repeat(size)
      const block = nativeBlock([textColumn<string>('t', value => value)], [text], 16)
      const body = block.subarray(5 + 'String'.length)
      const { value, length } = varint(body)
      expect(value).toBe(Buffer.byteLength(text))
      expect(body.subarray(length).toString()).toBe(text)
    }
  }
})

function varint(bytes: Buffer) {
  let value = 0
  let length = 0
  for (;;) {
    const byte = bytes[length] as number
    value += (byte & 0x7f) * 2 ** (7 * length)
    length += 1
    if (byte < 0x80) return { value, length }
  }
}
