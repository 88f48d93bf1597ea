import { describe, expect, it } from 'vitest'
import { noRules } from '../../../db/domain/redaction/rules.ts'
import { patternFault, redactBy } from '../../../db/redaction.ts'

const own = (pattern: string, name = 'own') => redactBy({ ...noRules, patterns: [{ name, pattern }] })

describe('own patterns', () => {
  it.each([
    ['CUST-\\d{6}', 'is CUST-123456, CUST-12345', 'is [redacted: own], CUST-12345'],
    ['(?i)project (alpha|beta)', 'Project ALPHA and project gamma', '[redacted: own] and project gamma'],
    ['\\bKD\\d+', 'KD1 xKD2 é KD3', '[redacted: own] xKD2 é [redacted: own]'],
    ['\\p{Lu}\\d', '\u{1f4a1}É1', '\u{1f4a1}[redacted: own]'],
    ['a\\nb', '["a\\nb"]', '["[redacted: own]"]'],
    ['"', '["a\\"b"]', '["a[redacted: own]b"]'],
    ['\\d{7}', '{"n":1234567,"m":123456}', '{"n":"[redacted: own]","m":123456}'],
  ])('%s', (pattern, text, becomes) => expect(own(pattern).text(text)).toBe(becomes))

  it.each([
    'CUST-\\d{6}',
    '[A-Z]{2}\\d{6}',
    '.+',
    '\\d+',
    '^secret',
    '(?s)BEGIN.*END',
    '[a-z]{3,40}@',
    '(a|b|c)*d',
    'x{80}y?',
  ])('%s can be used', pattern => expect(patternFault(pattern)).toBeUndefined())

  it.each([
    ['(a', 'regular expression'],
    ['(?<=a)b', 'regular expression'],
    ['a|', 'empty text'],
    ['x{900}', 'too large'],
    ['a(.*z)?', 'too long'],
    ['(.+)z|a', 'too long'],
  ])('%s cannot: %s', (pattern, fault) => expect(patternFault(pattern)).toContain(fault))

  it('that take the square of a length stop in time, and what they did not look at is not kept', () => {
    const redactor = own('q(.*z)?')
    const start = performance.now()
    const redacted = redactor.text(`${'q'.repeat(200_000)} secret`)
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(redacted).not.toContain('secret')
    expect(redacted.endsWith('[redacted: own]')).toBe(true)
  })

  it('find in a text what they leave in a short number of JSON, whichever came first', () => {
    const redactor = own('\\d{4}')
    expect([redactor.json('1234'), redactor.text('1234'), redactor.json('1234')]).toEqual([
      '1234',
      '[redacted: own]',
      '1234',
    ])
  })

  it('find the same text again after a harmless one was remembered', () => {
    const redactor = own('CUST-\\d{6}')
    const texts = ['fine', 'CUST-123456', 'fine', 'CUST-123456']
    expect(texts.map(redactor.text)).toEqual(['fine', '[redacted: own]', 'fine', '[redacted: own]'])
  })
})
