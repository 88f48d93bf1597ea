import { expect, it } from 'vitest'
import { readFeedbackToken, signFeedbackToken } from '../../../db/feedback-token.ts'

const secret = 'a secret of at least thirty-two characters'
const grant = { projectId: 'p1', traceId: 'ab'.repeat(16), expiresAt: new Date('2026-01-01T12:00:00Z') }
const before = new Date('2026-01-01T11:59:59Z')

it('reads back the grant it signed', () => {
  expect(readFeedbackToken(signFeedbackToken(grant, secret), secret, before)).toEqual(grant)
})

it('refuses a token that has expired', () => {
  expect(readFeedbackToken(signFeedbackToken(grant, secret), secret, grant.expiresAt)).toBeUndefined()
})

it('refuses a token signed with another secret', () => {
  expect(readFeedbackToken(signFeedbackToken(grant, `${secret}!`), secret, before)).toBeUndefined()
})

it('refuses a token whose claims were exchanged', () => {
  const mine = signFeedbackToken(grant, secret)
  const other = signFeedbackToken({ ...grant, traceId: 'cd'.repeat(16) }, secret)
  const forged = `${other.split('.')[0]}.${mine.split('.')[1]}`
  expect(readFeedbackToken(forged, secret, before)).toBeUndefined()
})

it.each(['', 'dlt_', 'dlt_.', 'dlk_abc_def', 'dlt_e30.', `dlt_e30.${'A'.repeat(43)}`, 'dlt_💥.x'])(
  'refuses %j',
  text => {
    expect(readFeedbackToken(text, secret, before)).toBeUndefined()
  },
)
