import fc from 'fast-check'
import { expect, it } from 'vitest'
import { redactText } from '../../../db/domain/redaction/json-text.ts'
import { detectors } from '../../../db/domain/redaction/redactor.ts'
import { detectorNames } from '../../../db/domain/redaction/rules.ts'

const all = detectorNames.map(name => detectors[name])
const secrets = [
  'ada.lovelace@example.com',
  '4111 1111 1111 1111',
  '5555555555554444',
  'GB82 WEST 1234 5698 7654 32',
  '123-45-6789',
  '203.0.113.77',
  '+49 30 1234567',
  'sk-abcdefghijklmnopqrst1234',
]
/** Harmless texts, with whatever JSON escapes; letters that would join a secret are kept off it by a space. */
const harmless = fc.string({
  unit: fc.constantFrom('a', 'Z', ' ', '"', '\\', '/', '\n', '\t', '\u0001', 'é', '\u{1f4a1}', '\ud800', '{', '[', ':'),
})
const text = fc
  .tuple(harmless, fc.option(fc.constantFrom(...secrets), { nil: '' }), harmless)
  .map(([before, secret, after]) => ({ with: `${before} ${secret} ${after}`, secret }))
type Tree = string | number | boolean | null | Tree[] | { [key: string]: Tree }
/** No backslash: JSON.parse of V8 takes the key `"` for `\\` where an object before had that one. */
const key = fc.string({ unit: fc.constantFrom('k', '"', '\n', 'é'), minLength: 1 })
const tree = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    text.map(one => one.with),
    fc.constantFrom<Tree>(4111111111111111, 1764266234000, 0.4539148803436467, 12, -1e21, true, null),
    fc.array(tie('tree')),
    fc.dictionary(key, tie('tree')),
    tie('tree').map(inner => JSON.stringify(inner)),
  ),
})).tree

/** JSON of the same value in another spelling: some characters as escapes, and spaces between. */
const spell = (value: Tree, escapes: number) => {
  const json = JSON.stringify(value, null, escapes % 3)
  const escaped = (character: string, at: number) =>
    (at * 7 + escapes) % 5 === 0 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character
  return json.replace(/"(?:[^"\\]|\\.)*"/g, literal =>
    literal.replace(/\\u[0-9a-f]{4}|\\.|[@\da-z/]/g, (character, at) =>
      character.length > 1 || escapes === 0 ? character : escaped(character, at),
    ),
  )
}

function shapeOf(value: Tree): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)])
  if (typeof value === 'string') {
    try {
      const inner: unknown = JSON.parse(value)
      if (typeof inner === 'object' && inner !== null) return shapeOf(inner as Tree)
    } catch {
      // A plain text.
    }
    return 'text'
  }
  return value === 4111111111111111 ? 'text' : value
}

function textsOf(value: Tree): string[] {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
  return [String(value)]
}

it('JSON with secrets in it, however it is spelled, stays the same JSON without them', () => {
  const property = fc.property(tree, fc.nat(20), (value, escapes) => {
    const json = spell([value], escapes)
    const redacted = JSON.parse(redactText(json, all)) as Tree
    expect(shapeOf(redacted)).toEqual(shapeOf([value]))
    const told = textsOf(redacted).join('\n')
    for (const secret of [...secrets, '4111111111111111']) expect(told.includes(secret) && told).toBe(false)
  })
  fc.assert(property, { numRuns: 1_500 })
}, 60_000)

it('JSON in which nothing is found is the same to the byte', () => {
  const property = fc.property(fc.jsonValue(), fc.nat(20), (value, escapes) => {
    const json = spell(value as Tree, escapes).replaceAll(/::+|[@+]|\d{3,}/g, '1')
    expect(redactText(json, all)).toBe(json)
  })
  fc.assert(property, { numRuns: 1_000 })
})
