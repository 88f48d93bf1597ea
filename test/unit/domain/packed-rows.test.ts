import { expect, it } from 'vitest'
import { packRows, unpackRows } from '../../../db/domain/packed-rows.ts'

it('rows come back as they were, and take a fraction of the bytes where values repeat', () => {
  const rows = Array.from({ length: 1_000 }, (_, at) => ({
    id: `span-${at}`,
    name: at % 3 ? 'chat' : 'grün "🌱"',
    duration: at / 7,
    ttft: at % 2 ? null : at,
    done: at % 5 === 0,
  }))
  expect(unpackRows(packRows(rows))).toEqual(rows)
  expect(packRows(rows).length).toBeLessThan(JSON.stringify(rows).length / 1.5)
})

it('no rows, and one', () => {
  expect(unpackRows(packRows([]))).toEqual([])
  expect(unpackRows(packRows([{ a: null, b: '' }]))).toEqual([{ a: null, b: '' }])
})
