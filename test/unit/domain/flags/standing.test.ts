import { expect, it } from 'vitest'
import { marksOf } from '../../../../db/domain/flags/standing.ts'
import { valueWords } from '../../../../db/domain/flags/words.ts'
import { liveFlag } from './set.ts'

const now = new Date('2027-03-01T12:00:00Z')
const long = new Date('2026-12-01T12:00:00Z')
const marks = (fields: object, changedAt = now) =>
  marksOf(liveFlag({ kind: 'workflow', key: 'w', salt: 's', ...fields }), changedAt, now).map(({ kind }) => kind)
const ramp = (state: string) => ({ ramp: { stages: [{ share: 100, hours: 1 }], state } })

it.each<[string, object, Date, string[]]>([
  ['nothing of a flag that was changed lately', {}, now, []],
  ['that it is stale when it has said the same to everyone for long', {}, long, ['stale']],
  ['nothing of a canary, however long', { state: 'canary', share: 500 }, long, []],
  ['that a canary at 100 % is stale', { state: 'canary', share: 10_000 }, long, ['stale']],
  ['nothing of a flag with rules, however long', { rules: [{ when: [], serve: 'off' }] }, long, []],
  ['that it has expired, and not that it is stale too', { expiresAt: '2027-02-01T00:00:00Z' }, long, ['expired']],
  ['that it waits', { schedule: { from: '2027-04-01T00:00:00Z' } }, now, ['waiting']],
  ['that its time is over', { schedule: { to: '2027-02-01T00:00:00Z' } }, now, ['over']],
  ['that its ramp runs', ramp('running'), now, ['ramping']],
  ['that its ramp is paused', ramp('paused'), now, ['paused']],
  ['that its ramp was rolled back', ramp('rolled back'), now, ['rolled back']],
])('tells %s', (_, fields, changedAt, kinds) => {
  expect(marks(fields, changedAt)).toEqual(kinds)
})

it('says a changed value as people read it', () => {
  expect(valueWords('share', 2500)).toBe('25 %')
  expect(valueWords('otherwise.split.0.weight', 50)).toBe('0.5 %')
  expect(valueWords('description', '')).toBe('(empty)')
  const rule = { name: 'Staff', when: [{ attribute: '', op: 'in_segment', values: ['staff'] }], serve: 'canary' }
  expect(valueWords('rules.0', rule)).toBe('Staff: if is in the segment staff, serve canary')
  expect(valueWords('ramp', { stages: [{ share: 100 }, { share: 500 }], state: 'paused' })).toBe('1 %, 5 % (paused)')
  expect(valueWords('control', { version: '2' })).toBe('{"version":"2"}')
})
