import { expect, test } from 'vitest'
import { prettyJson, readJson, storableJson, storableText } from '../../../db/domain/json.ts'

test.each([
  ['{"a":[1,2]}', '{\n  "a": [\n    1,\n    2\n  ]\n}'],
  ['plain', 'plain'],
  ['"quoted"', '"quoted"'],
  ['{broken', '{broken'],
  ['', ''],
  ['{"id":12345678901234567890}', '{"id":12345678901234567890}'],
  ['{"id":"12345678901234567890"}', '{\n  "id": "12345678901234567890"\n}'],
])('shows %j for reading', (text, shown) => {
  expect(prettyJson(text)).toBe(shown)
})

test('shows as the text it is what nests deeper than anyone reads', () => {
  const deep = `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`
  expect(readJson(deep)).toBeUndefined()
  expect(prettyJson(deep)).toBe(deep)
  const sane = `${'['.repeat(200)}"${'long '.repeat(1_000)}"${']'.repeat(200)}`
  expect(readJson(sane)).toEqual(JSON.parse(sane))
})

test('tells JSON from text that begins like it', () => {
  expect(readJson(' [1]')).toEqual([1])
  expect(readJson('null')).toBeNull()
  expect(readJson('nothing')).toBeUndefined()
  expect(readJson('')).toBeUndefined()
})

test.each([
  ['a\0b', 'a\ufffdb'],
  ['🜂'.slice(0, 1), '\ufffd'],
  [`${'🜂'.slice(1)}x`, '\ufffdx'],
  ['🜂 \\u0000 \\\0 \\ud800 "\n', '🜂 \\u0000 \\\ufffd \\ud800 "\n'],
])('makes %j storable', (text, stored) => {
  expect(storableText(text)).toBe(stored)
  expect(JSON.parse(storableJson({ [text]: [text] }))).toEqual({ [stored]: [stored] })
})
