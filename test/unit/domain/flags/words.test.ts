import { expect, it } from 'vitest'
import { diff } from '../../../../db/domain/flags/diff.ts'
import { evaluateKey } from '../../../../db/domain/flags/evaluate.ts'
import { armWords, conditionWords, stateWords, valueWords, whyWords } from '../../../../db/domain/flags/words.ts'
import prerequisites from '../../../cases/flags/prerequisites.json' with { type: 'json' }
import time from '../../../cases/flags/time.json' with { type: 'json' }
import workflow from '../../../cases/flags/workflow.json' with { type: 'json' }
import { flagSet, type Table } from './set.ts'

const why = (table: Table, key: string, context: object, aiOff?: string) => {
  const set = flagSet(table, aiOff)
  return whyWords(evaluateKey(key, context, new Date(table.now), set), set.flags.get(key))
}

it.each<[Table, string, object, string]>([
  [workflow, 'off', {}, 'The flag is off.'],
  [workflow, 'all', {}, 'It is the same for everyone.'],
  [workflow, 'five', { targetingKey: 'u292' }, "Bucket 11 of 10,000 lies in the canary's 0 to 499."],
  [workflow, 'five', { targetingKey: 'u233' }, "Bucket 9998 of 10,000 lies in the concurrent control's 9500 to 9999."],
  [
    workflow,
    'five',
    { targetingKey: 'bob' },
    'Bucket 3330 of 10,000 lies outside of the comparison (canary 0 to 499, control 9500 to 9999).',
  ],
  [workflow, 'five', {}, "It cannot be decided: the context has no targetingKey. The code's own default serves."],
  [workflow, 'rules', { country: 'KP' }, 'Rule 1 is met: country is KP.'],
  [
    workflow,
    'audience',
    { targetingKey: 'u292', country: 'DE' },
    "Rule 1 is met: country is DE. Bucket 11 of 10,000 lies in the canary's 0 to 499.",
  ],
  [workflow, 'audience', { country: 'FR' }, 'No rule is met.'],
  [time, 'expired', {}, 'The flag expired at 2027-02-28T00:00:00Z, so default serves.'],
  [time, 'too-early', {}, 'The flag begins to decide at 2027-03-01T13:00:01+01:00, so default serves.'],
  [prerequisites, 'needs-base', { plan: 'free' }, 'Flag base must serve yes and serves no, so default serves.'],
])('says why (%#)', (table, key, context, sentence) => {
  expect(why(table, key, context)).toBe(sentence)
})

it('says that AI is off, and where', () => {
  expect(why(workflow, 'five', {}, 'project')).toBe('AI is switched off for this project.')
  expect(why(workflow, 'five', {}, 'installation')).toBe('AI is switched off for the whole installation.')
})

it('says how a flag stands', () => {
  const { flags } = flagSet(workflow)
  expect(['off', 'control', 'five'].map(key => stateWords(flags.get(key)!))).toEqual([
    'off',
    'control',
    'canary at 5 %',
  ])
  expect(armWords({})).toBe('the workflow as it is')
  expect(armWords({ version: '2', params: { depth: 3 } })).toBe('version 2, depth = 3')
  expect(conditionWords({ attribute: 'plan', op: 'is_not', values: ['pro', 'team'] })).toBe('plan is not pro or team')
})

it('tells what differs, field by field, in lists too', () => {
  const before = { share: 100, rules: [{ name: 'a', when: [] }], control: {}, tags: ['x'] }
  const after = { share: 500, rules: [{ name: 'b', when: [] }, { name: 'c' }], control: { version: '1' }, tags: ['y'] }
  expect(diff(before, after)).toEqual([
    { path: 'share', from: 100, to: 500 },
    { path: 'rules.0.name', from: 'a', to: 'b' },
    { path: 'rules.1', from: undefined, to: { name: 'c' } },
    { path: 'control.version', from: undefined, to: '1' },
    { path: 'tags', from: ['x'], to: ['y'] },
  ])
  expect(diff({ a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 })).toEqual([])
  expect(diff(undefined, { a: 1 })).toEqual([{ path: '', from: undefined, to: { a: 1 } }])
})

it.each([
  [{}, { latency: {} }, [['guardrails.latency', 'held to, as usual']]],
  [{}, { latency: { tolerance: 0.29 } }, [['guardrails.latency', 'held to, with 29 % tolerated']]],
  [{ latency: {} }, { latency: { tolerance: 0.5 } }, [['guardrails.latency.tolerance', '50 %']]],
])('tells how guardrails went from %j to %j', (from, to, told) => {
  const changes = diff({ guardrails: { error_rate: {}, ...from } }, { guardrails: { error_rate: {}, ...to } })
  expect(changes.map(({ path, to }) => [path, valueWords(path, to)])).toEqual(told)
})
