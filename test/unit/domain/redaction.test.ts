import { describe, expect, it } from 'vitest'
import { redactPlain } from '../../../db/domain/redaction/finders.ts'
import { redactJson, redactText } from '../../../db/domain/redaction/json-text.ts'
import { detectors, redactorOf } from '../../../db/domain/redaction/redactor.ts'
import { type DetectorName, detectorNames, noRules, redactionRules } from '../../../db/domain/redaction/rules.ts'
import table from '../../cases/redaction.json' with { type: 'json' }

const cases = Object.entries(table) as [DetectorName, { found: [string, string][]; kept: string[] }][]
const all = detectorNames.map(name => detectors[name])

it('the table has every detector', () => {
  expect(cases.map(([name]) => name).sort()).toEqual([...detectorNames].sort())
})

describe.each(cases)('%s', (name, { found, kept }) => {
  it.each(found)('%s', (text, becomes) => {
    expect(redactPlain(text, [detectors[name]])).toBe(becomes)
    expect(redactText(text, [detectors[name]])).toBe(becomes)
  })

  it.each(kept)('is not %s', text => {
    expect(redactPlain(text, [detectors[name]])).toBe(text)
  })

  it('is found within JSON, also directly behind an escape, and in JSON within JSON', () => {
    for (const [text] of found) {
      const inner = JSON.stringify({ tool: `a\n${text}` })
      const json = JSON.stringify([{ content: `\t${text}`, arguments: inner }], null, 1)
      const [{ content, arguments: again }] = JSON.parse(redactText(json, [detectors[name]]))
      expect(content).toBe(`\t${redactPlain(text, [detectors[name]])}`)
      expect(JSON.parse(again).tool).toBe(`a\n${redactPlain(text, [detectors[name]])}`)
    }
  })
})

describe('several kinds in one text', () => {
  it('each have their mark, and what overlaps has one', () => {
    expect(redactPlain('ada@example.com paid 4111 1111 1111 1111 from ::ffff:10.0.0.1', all)).toBe(
      '[redacted: e-mail] paid [redacted: card] from [redacted: IP address]',
    )
    const own = (name: string, word: string) => ({
      name,
      mayBeIn: () => true,
      find: (text: string, add: (from: number, to: number) => void) => {
        const at = text.indexOf(word)
        if (at >= 0) add(at, at + word.length)
      },
    })
    expect(redactPlain('x abcdef y', [own('late', 'cdef'), own('early', 'abcd')])).toBe('x [redacted: early] y')
  })

  it('a text that was redacted stays as it is', () => {
    for (const [, { found }] of cases) for (const [, becomes] of found) expect(redactText(becomes, all)).toBe(becomes)
  })
})

describe('JSON', () => {
  it.each([
    ['{"n": 4111111111111111, "m": 12}', '{"n": "[redacted: card]", "m": 12}'],
    ['[1.5,4111111111111111,-2]', '[1.5,"[redacted: card]",-2]'],
    [
      '{"big":123456789012345678901234567890,"a":1,"a":"a@b.co"}',
      '{"big":123456789012345678901234567890,"a":1,"a":"[redacted: e-mail]"}',
    ],
    [String.raw`["\ud800 ok","\u0061da\u0040example.com","\/"]`, String.raw`["\ud800 ok","[redacted: e-mail]","\/"]`],
    ['{"a@b.co":1,"c@d.co":2,"x":3}', '{"[redacted: e-mail]":1,"[redacted: e-mail] (2)":2,"x":3}'],
    ['"a@b.co"', '"[redacted: e-mail]"'],
    [
      String.raw`[{"\\":"a@b.co"},{"\"":"a@b.co"}]`,
      String.raw`[{"\\":"[redacted: e-mail]"},{"\"":"[redacted: e-mail]"}]`,
    ],
    [String.raw`"{\"cut off: \"a@b.co"`, String.raw`"{\"cut off: \"[redacted: e-mail]"`],
  ])('%s', (json, becomes) => expect(redactText(json, all)).toBe(becomes))

  it.each([
    ['{"a": "x@y.co" oops', '{"a": "[redacted: e-mail]" oops'],
    ['[see a@b.co]', '[see [redacted: e-mail]]'],
    ['4111111111111111', '[redacted: card]'],
  ])('what only looks like it is a plain text: %s', (text, becomes) => expect(redactText(text, all)).toBe(becomes))

  it('a value that is known to be JSON stays JSON, also a bare number', () => {
    expect(redactJson('4111111111111111', all)).toBe('"[redacted: card]"')
    expect(redactJson('1764266234000000000', all)).toBe('1764266234000000000')
  })

  it('is gone into as deep as it nests, and found beyond that too', () => {
    let text = 'ada@example.com'
    for (let depth = 0; depth < 16; depth++) text = JSON.stringify({ a: text })
    const redacted = redactText(text, all)
    expect(redacted).not.toContain('example')
    expect(() => JSON.parse(redacted)).not.toThrow()
  })
})

describe('time goes by the length', () => {
  const size = 2_000_000
  it.each([
    '0123456789abcdef',
    '1 ',
    'a@',
    '%40',
    'a%40a.',
    'a.',
    'eyJ-',
    'sk-',
    '+1 2',
    'a:',
    '1.',
    'bearer ',
    '-----BEGIN PRIVATE KEY-----',
    '4111 ',
    'GB82',
    '"',
    '{"',
    '\\\\',
  ])(
    'of %j, again and again',
    piece => {
      const text = piece.repeat(size / piece.length)
      const start = performance.now()
      redactText(text, all)
      redactText(JSON.stringify([text]), all)
      expect(performance.now() - start).toBeLessThan(8_000)
    },
    60_000,
  )
})

describe('attribute keys', () => {
  it('are hidden by their whole name, or by its beginning', () => {
    const { hides } = redactorOf({ ...noRules, attributes: ['user.email', 'http.request.*'] }, [])
    expect(['user.email', 'user.emails', 'http.request.body', 'http.request', 'http.request.'].map(hides)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ])
  })

  it.each(['a b', '*', 'a*b', 'x'.repeat(201)])('cannot be %j', key => {
    expect(redactionRules.safeParse({ attributes: [key] }).success).toBe(false)
  })
})
