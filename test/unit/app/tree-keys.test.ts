import { expect, test } from 'vitest'
import { moveInTree } from '../../../app/routes/trace/tree-keys.ts'
import { buildSpanTree, treeRows } from '../../../db/domain/span-tree.ts'

const parents: [string, string][] = [
  ['a', ''],
  ['b', 'a'],
  ['c', 'b'],
  ['d', 'a'],
]
const spans = parents.map(([spanId, parentSpanId], i) => ({ spanId, parentSpanId, startNs: String(i), durationMs: 1 }))
const rows = (...collapsed: string[]) => treeRows(buildSpanTree(spans), new Set(collapsed))

test.each([
  ['ArrowDown', 0, { to: 1 }],
  ['j', 1, { to: 2 }],
  ['ArrowDown', 3, { to: 3 }],
  ['ArrowUp', 0, { to: 0 }],
  ['k', 3, { to: 2 }],
  ['Home', 3, { to: 0 }],
  ['End', 0, { to: 3 }],
  ['PageDown', 0, { to: 3 }],
  ['ArrowRight', 0, { to: 1 }],
  ['ArrowRight', 2, {}],
  ['ArrowLeft', 1, { toggle: 'b' }],
  ['ArrowLeft', 2, { to: 1 }],
  ['ArrowLeft', 3, { to: 0 }],
  ['Enter', 1, { toggle: 'b' }],
  ['Enter', 2, {}],
  ['x', 1, undefined],
])('%s on row %i of an open tree', (key, at, move) => {
  expect(moveInTree(rows(), at, key)).toEqual(move)
})

test('right opens what is closed, left goes out of it', () => {
  expect(moveInTree(rows('b'), 1, 'ArrowRight')).toEqual({ toggle: 'b' })
  expect(moveInTree(rows('b'), 1, 'ArrowLeft')).toEqual({ to: 0 })
  expect(moveInTree(rows('a'), 0, 'ArrowLeft')).toEqual({})
})

test('an empty tree has no moves', () => {
  expect(moveInTree([], -1, 'ArrowDown')).toBeUndefined()
})
