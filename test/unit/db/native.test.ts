import { expect, it } from 'vitest'
import {
  dateTime64Column,
  float64Column,
  int64Column,
  nativeBlock,
  textColumn,
  textListColumn,
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

it('writes lists as the ends of the rows, then all elements', () => {
  const block = nativeBlock([textListColumn<Row>('l', row => row.list)], rows)
  const head = [1, 2, 1, 0x6c, 13, ...Buffer.from('Array(String)')]
  expect([...block]).toEqual([...head, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0x78, 1, 0x79])
})

it('writes maps as ends, then all keys, then all values', () => {
  const block = nativeBlock([textMapColumn<Row>('m', row => ({ k: row.text }))], rows.slice(0, 1))
  const head = [1, 1, 1, 0x6d, 19, ...Buffer.from('Map(String, String)')]
  expect([...block]).toEqual([...head, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x6b, 1, 0x61])
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
