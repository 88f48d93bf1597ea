import { expect, test } from 'vitest'
import { buildSpanTree, type TreeNode, type TreeSpan, treeRows } from '../../../db/domain/span-tree.ts'

const epochNs = 1_780_000_000_000_000_000n

/** `id parent start+duration`, in milliseconds. */
function span(text: string): TreeSpan {
  const [spanId = '', parent = '', time = '0+0'] = text.split(' ')
  const [start = 0, durationMs = 0] = time.split('+').map(Number)
  return {
    spanId,
    parentSpanId: parent === '-' ? '' : parent,
    startNs: String(epochNs + BigInt(start * 1e6)),
    durationMs,
  }
}

const outline = (nodes: TreeNode<TreeSpan>[]): string =>
  nodes.map(({ id, children }) => (children.length > 0 ? `${id}(${outline(children)})` : id)).join(' ')
const draw = (...spans: string[]) => outline(buildSpanTree(spans.map(span)).roots)

test.each([
  ['nothing', [], ''],
  ['a root and its children by start', ['c a 20+5', 'a - 0+100', 'b a 10+5'], 'a(b c)'],
  ['children before their parents', ['d c 3+1', 'c b 2+2', 'b a 1+3', 'a - 0+4'], 'a(b(c(d)))'],
  ['two roots', ['b - 5+1', 'a - 0+1'], 'a b'],
  ['a child that began before its parent', ['a - 10+1', 'b a 0+1'], 'a(b)'],
  ['a span given twice', ['a - 0+1', 'b a 0+1', 'b a 0+1'], 'a(b)'],
  ['spans without their parent', ['b gone 1+1', 'c gone 2+1', 'a - 0+9'], 'a missing-gone(b c)'],
  ['two parents that have not come', ['b x 1+1', 'c y 2+1'], 'missing-x(b) missing-y(c)'],
  ['a span that is its own parent', ['a a 0+1', 'b a 1+1'], 'a(b)'],
  ['a circle cut at its earliest, with what hangs on it', ['b a 2+1', 'a c 1+1', 'c b 3+1', 'd c 4+1'], 'a(b(c(d)))'],
  ['a circle beside a root', ['r - 0+9', 'a b 1+1', 'b a 2+1'], 'r a(b)'],
  ['equal starts by id', ['a - 0+9', 'c a 1+1', 'b a 1+1'], 'a(b c)'],
])('draws %s', (_, spans, drawn) => {
  expect(draw(...spans)).toBe(drawn)
})

test('says why a node that is no root stands at the top', () => {
  const { roots } = buildSpanTree(['a - 0+1', 'b gone 1+1', 'c c 2+1'].map(span))
  expect(roots.map(({ note }) => note)).toEqual(['', 'missing parent', 'circle of parents'])
})

test('measures offsets from the earliest start, to the microsecond', () => {
  const late = { ...span('b a 0+1'), startNs: String(epochNs + 1_500_500n) }
  const tree = buildSpanTree([span('a - 0+1'), late])
  expect(tree.roots[0]?.children[0]?.offsetMs).toBe(1.5005)
  expect(tree.durationMs).toBeCloseTo(2.5005, 9)
})

test('covers the children of a parent that has not come', () => {
  const [root] = buildSpanTree(['b gone 10+5', 'c gone 12+20'].map(span)).roots
  expect(root).toMatchObject({ span: null, offsetMs: 0, durationMs: 22 })
})

test('leaves out what is collapsed', () => {
  const tree = buildSpanTree(['a - 0+9', 'b a 1+3', 'c b 2+1', 'd a 5+1'].map(span))
  const rows = (collapsed: string[]) => treeRows(tree, new Set(collapsed)).map(row => `${row.depth}${row.node.id}`)
  expect(rows([])).toEqual(['0a', '1b', '2c', '1d'])
  expect(rows(['b'])).toEqual(['0a', '1b', '1d'])
  expect(rows(['a'])).toEqual(['0a'])
  expect(treeRows(tree, new Set(['b'])).map(row => row.open)).toEqual([true, false, false])
})

test('draws a chain of 10,000 spans', () => {
  const spans = Array.from({ length: 10_000 }, (_, i) => span(`s${i} ${i === 0 ? '-' : `s${i - 1}`} ${i}+1`))
  const tree = buildSpanTree(spans.toReversed())
  const rows = treeRows(tree, new Set())
  expect(rows).toHaveLength(10_000)
  expect(rows.at(-1)).toMatchObject({ depth: 9_999, parentId: 's9998' })
})

test('keeps every span of a random tangle exactly once', () => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  for (let round = 0; round < 200; round++) {
    const spans = Array.from({ length: 30 }, (_, i) => span(`s${i} s${random(40)} ${random(100)}+${random(50)}`))
    const ids = treeRows(buildSpanTree(spans), new Set()).flatMap(row => (row.node.span ? [row.node.id] : []))
    expect(ids.toSorted()).toEqual(spans.map(({ spanId }) => spanId).toSorted())
  }
})
