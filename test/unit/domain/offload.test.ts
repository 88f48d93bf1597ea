import { describe, expect, it } from 'vitest'
import { offload, offloadAbove, offloadedKey, referencesOf, restore } from '../../../db/domain/offload.ts'
import { span } from '../../factories.ts'

const long = (letter: string) => letter.repeat(offloadAbove + 1)
const store = () => {
  const contents = new Map<string, string>()
  const keep = (text: string) => {
    const hash = String(contents.size + 1).padStart(64, '0')
    contents.set(hash, text)
    return hash
  }
  return { contents, keep }
}

describe('a span with large texts', () => {
  const row = span({
    input: long('i'),
    output: 'short',
    toolResult: long('r'),
    attributes: { a: JSON.stringify(long('a')), b: '"b"', ['__proto__']: '1' },
    events: [
      { name: 'e', timeNs: 1n, attributes: { x: '1' } },
      { name: 'f', timeNs: 2n, attributes: { 'dotted.key\n': long('"') } },
    ],
  })

  it('keeps their beginnings, as JSON where they were JSON, and comes back as it was', () => {
    const { contents, keep } = store()
    const short = offload(row, keep)
    expect([short.input.length, short.output]).toEqual([4_096, 'short'])
    expect(JSON.parse(short.attributes.a ?? '')).toMatch(/^"aaa.*…$/)
    expect(Object.keys(referencesOf(short)).sort()).toEqual([
      'attributes.a',
      'events.1.dotted.key\n',
      'input',
      'toolResult',
    ])
    expect(JSON.stringify([short.attributes, short.events.map(({ attributes }) => attributes)]).length).toBeLessThan(
      30_000,
    )
    expect(restore(short, contents)).toEqual(row)
    expect(row.input).toHaveLength(offloadAbove + 1)
  })

  it('whose texts are gone shows their beginnings', () => {
    const { contents, keep } = store()
    const found = restore(offload(row, keep), new Map([...contents].slice(1)))
    expect([found.input.length, found.toolResult.length]).toEqual([4_096, offloadAbove + 1])
    expect(found.attributes[offloadedKey]).toBeUndefined()
  })
})

it('a span without any is left as it is, itself', () => {
  const row = span({ input: 'x'.repeat(offloadAbove), attributes: { a: '1' } })
  expect(offload(row, () => '')).toBe(row)
  expect(referencesOf(row)).toEqual({})
})

it.each(['not JSON', '{"input":5}', '{"input":["../etc",1]}', '[]'])(
  'what a client says of it itself counts nothing: %s',
  told => {
    const row = span({ attributes: { [offloadedKey]: told } })
    expect(referencesOf(row)).toEqual({})
    expect(offload(row, () => '').attributes).toEqual({})
  },
)
