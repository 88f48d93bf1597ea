import { describe, expect, it } from 'vitest'
import { dependants, flagFaults, usersOf } from '../../../../db/domain/flags/check.ts'
import { flagSet, liveFlag } from './set.ts'

const value = {
  kind: 'value',
  salt: 's',
  type: 'boolean',
  variants: { yes: true, no: false },
  offVariant: 'no',
  otherwise: { variant: 'yes' },
}
const needs = (...flags: string[]) => ({ prerequisites: flags.map(flag => ({ flag, variants: ['yes'] })) })
const others = flagSet({
  now: '',
  cases: [],
  flags: { a: { ...value, ...needs('b') }, b: { ...value, ...needs('c') }, c: value },
  segments: { staff: {} },
})
const faults = (fields: object) => flagFaults(liveFlag({ ...value, key: 'new', ...fields }), others)
const asks = (...segments: string[]) => ({
  rules: [{ when: [{ op: 'in_segment', values: segments }], serve: { variant: 'yes' } }],
})

describe('a flag among others', () => {
  it('may ask for what is there', () => {
    expect(faults({ ...needs('a', 'c'), ...asks('staff') })).toEqual([])
  })

  it('may not ask for a flag, a variant or a segment that is not', () => {
    expect(faults(needs('gone'))).toEqual([{ path: 'prerequisites.0.flag', message: 'there is no flag gone' }])
    expect(faults({ prerequisites: [{ flag: 'c', variants: ['yes', 'maybe'] }] })).toEqual([
      { path: 'prerequisites.0.variants', message: 'flag c has no variant maybe' },
    ])
    expect(faults(asks('staff', 'gone'))).toEqual([
      { path: 'rules.0.when.0.values', message: 'there is no segment gone' },
    ])
  })

  it('may not close a circle, which is told whole', () => {
    expect(faults({ key: 'c', ...needs('a') })).toEqual([
      { path: 'prerequisites.0.flag', message: 'prerequisites go in a circle: c -> a -> b -> c' },
    ])
    expect(faults({ key: 'x', ...needs('x') })).toEqual([
      { path: 'prerequisites.0.flag', message: 'prerequisites go in a circle: x -> x' },
    ])
  })
})

it('knows who asks for a flag and for a segment', () => {
  const set = flagSet({
    now: '',
    cases: [],
    flags: { a: { ...value, ...needs('b') }, b: { ...value, ...asks('staff') } },
  })
  expect(dependants('b', set)).toEqual(['a'])
  expect(usersOf({ key: 'staff' }, set)).toEqual(['b'])
  expect(usersOf({ key: 'other' }, set)).toEqual([])
})
