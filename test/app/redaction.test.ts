import { beforeAll, describe, expect, it } from 'vitest'
import { noRules, type RedactionRules } from '../../db/domain/redaction/rules.ts'
import { readRedaction } from '../../db/redaction.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let path: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  path = `/p/${projectId}/settings/redaction`
})

const rules: RedactionRules = {
  detectors: ['email', 'card'],
  patterns: [{ name: 'customer', pattern: 'CUST-\\d{6}' }],
  attributes: ['user.email', 'patient.*'],
}
const post = (given: object, more: Record<string, string> = {}, at = `${path}.data`) =>
  visitor.post(at, { intent: 'save', version: '0', rules: JSON.stringify(given), ...more })
const saved = () => readRedaction(web.services.postgres, projectId)
const page = async (at = path) => (await visitor.get(at)).text()
const pattern = (expression: string, name = 'a') => ({ ...noRules, patterns: [{ name, pattern: expression }] })

describe('rules of redaction', () => {
  it.each<[object, string]>([
    [pattern('(a'), 'This is not a regular expression'],
    [pattern('(?=a)'), 'This is not a regular expression'],
    [pattern(''), 'Write a regular expression.'],
    [pattern('a*'), 'matches the empty text'],
    [pattern('\\b'), 'matches the empty text'],
    [pattern('x'.repeat(301)), 'At most 300 characters.'],
    [pattern('x{900}'), 'too large'],
    [pattern('a\0'), 'cannot be stored'],
    [{ ...noRules, attributes: ['a\ud800'] }, 'cannot be stored'],
    [pattern('a(.*z)?'), 'takes too long'],
    [pattern('a', ''), 'Name the pattern.'],
    [pattern('a', 'a"b'), 'Use letters, digits, spaces, dots and dashes.'],
    [{ ...noRules, patterns: [...pattern('a').patterns, ...pattern('b').patterns] }, 'a name of its own'],
    [
      { ...noRules, patterns: Array.from({ length: 21 }, (_, at) => ({ name: `n${at}`, pattern: 'a' })) },
      'can have 20 patterns',
    ],
    [{ ...noRules, attributes: ['a b'] }, 'A key holds no spaces'],
    [{ ...noRules, attributes: ['*'] }, '* only at its end'],
    [{ ...noRules, detectors: ['everything'] }, 'detectors.0'],
  ])('refuse %j', async (wrong, sentence) => {
    for (const intent of ['save', 'try']) {
      const answer = await post(wrong, { intent, text: 'x' })
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(sentence)])
    }
    expect(await saved()).toEqual({ rules: noRules, version: 0 })
  })

  it('refuse what is no rules at all', async () => {
    expect(await (await post({}, { rules: '{oops' })).text()).toContain('These are not rules.')
    expect((await post(rules, { intent: 'else' })).status).toBe(400)
    expect((await post(rules, { version: 'x' })).status).toBe(400)
  })

  it('are tried as they are on screen, and nothing is saved', async () => {
    const text = 'ada@example.com is CUST-123456 and pays with 4111 1111 1111 1111'
    const tried = await (await post(rules, { intent: 'try', text })).text()
    expect(tried).toContain('[redacted: e-mail] is [redacted: customer] and pays with [redacted: card]')
    const hidden = await (await post(rules, { intent: 'try', text, attribute: 'patient.name' })).text()
    expect(hidden).toContain('"[redacted]"')
    expect(hidden).not.toContain('CUST-')
    expect(await saved()).toEqual({ rules: noRules, version: 0 })
    expect(await (await post(rules, { intent: 'try', text: 'x'.repeat(20_001) })).text()).toContain('At most 20,000')
  })

  it('are saved, shown, and told in the history without their patterns', async () => {
    expect((await post(rules, {}, path)).status).toBe(200)
    expect(await saved()).toEqual({ rules, version: 1 })
    const text = await page()
    for (const shown of ['E-mail addresses', 'customer', 'CUST-', 'patient.*']) expect(text).toContain(shown)
    const history = await page(`/p/${projectId}/settings/history`)
    for (const told of [
      'changed what is never stored by',
      'E-mail addresses, Payment cards',
      'patterns added',
      'customer',
    ])
      expect(history).toContain(told)
    expect(history).not.toContain('CUST-')
  })

  it('that somebody changed meanwhile are not written over', async () => {
    const stale = await post({ ...rules, attributes: [] })
    expect([stale.status, await stale.text()]).toEqual([409, expect.stringContaining('load the page again')])
    expect(await saved()).toEqual({ rules, version: 1 })
    expect((await post({ ...rules, attributes: [] }, { version: '1' })).status).toBe(200)
    expect((await saved()).version).toBe(2)
  })

  it('are changed by owners and admins only, and seen by all', async () => {
    const { sql } = web.services.postgres
    for (const [role, status] of [
      ['admin', 409],
      ['member', 403],
      ['viewer', 403],
    ] as const) {
      await sql`update members set role = ${role} where project_id = ${projectId}`
      for (const intent of ['save', 'try'])
        expect((await post(rules, { intent, text: 'x' })).status).toBe(
          intent === 'try' && role === 'admin' ? 200 : status,
        )
      expect(await page()).toContain('customer')
    }
    expect((await saved()).version).toBe(2)
  })
})
