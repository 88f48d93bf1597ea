import { expect, it } from 'vitest'
import { judge } from '../../ingest/fuzz/judge.ts'
import { byteMutations, treeMutations } from '../../ingest/fuzz/mutate-bytes.ts'
import { readByProtobufjs } from '../../ingest/fuzz/protobufjs.ts'
import { fuzz, mutant } from '../../ingest/fuzz/run.ts'
import { seeds } from '../../ingest/fuzz/seeds.ts'
import { readTree, shapes, writeTree } from '../../ingest/fuzz/wire-tree.ts'

it('the requests that mutants come from are sound, and read as protobufjs reads them', () => {
  for (const signal of ['traces', 'logs'] as const) {
    for (const bytes of seeds[signal].protobuf) {
      expect(judge({ signal, encoding: 'protobuf', bytes })).toBe('taken as protobufjs does')
      expect(writeTree(readTree(bytes, shapes[signal])).equals(bytes)).toBe(true)
    }
    for (const bytes of seeds[signal].json) expect(judge({ signal, encoding: 'json', bytes })).toBe('taken')
  }
})

it('2,000 mutants are each rejected in a sentence or taken, and taken as protobufjs takes them', () => {
  const counts = fuzz(20_251_124, 0, 2_000)
  for (const { rejected, taken, 'taken as protobufjs does': same } of Object.values(counts)) {
    expect(rejected).toBeGreaterThan(50)
    expect(taken + same).toBeGreaterThan(50)
  }
  expect(counts['traces, protobuf']?.['taken as protobufjs does']).toBeGreaterThan(80)
}, 60_000)

it('a mutant is the same in every run, and every way to make one is used', () => {
  expect(mutant(7, 12).bytes.equals(mutant(7, 12).bytes)).toBe(true)
  const used = new Set(Array.from({ length: 400 }, (_, at) => mutant(7, at * 2).how).flat())
  expect([...Object.keys(treeMutations), ...Object.keys(byteMutations)].filter(name => !used.has(name))).toEqual([])
})

it.each([
  ['name', { name: 'other' }],
  ['trace id', { traceId: Buffer.alloc(16) }],
  ['number of attributes', { attributes: [] }],
])('a reader that gives another %s than protobufjs is caught', (_, change) => {
  const bytes = seeds.traces.protobuf[1] ?? Buffer.alloc(0)
  const other: typeof readByProtobufjs = (bytes, signal) => {
    const found = readByProtobufjs(bytes, signal)
    Object.assign(found?.resources[0]?.scopes[0]?.items[0] ?? {}, change)
    return found
  }
  expect(() => judge({ signal: 'traces', encoding: 'protobuf', bytes }, other)).toThrow()
})
