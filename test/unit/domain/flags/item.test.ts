import { describe, expect, it } from 'vitest'
import { parseItem } from '../../../../db/domain/flags/item.ts'

const workflow = { kind: 'workflow', key: 'w', salt: 's' }
const value = {
  kind: 'value',
  key: 'v',
  salt: 's',
  type: 'boolean',
  variants: { yes: true, no: false },
  offVariant: 'no',
  otherwise: { variant: 'yes' },
}
const condition = (fields: object) => ({ ...workflow, rules: [{ when: [fields], serve: 'off' }] })
const faultsOf = (kind: 'flag' | 'segment' | 'ai', doc: unknown) => {
  const parsed = parseItem(kind, doc)
  return 'faults' in parsed ? parsed.faults : []
}

it('fills in what a flag does not say: control for everyone, kept for the run, stopping at once when off', () => {
  expect(parseItem('flag', workflow)).toMatchObject({
    doc: { state: 'control', share: 100, pin: 'run', whenOff: 'stop', unit: 'targetingKey', public: false },
  })
  expect(parseItem('flag', value)).toMatchObject({ doc: { state: 'off' } })
})

describe('a flag is refused with the path of what is wrong', () => {
  it.each<[string, object, string, RegExp]>([
    ['a slash in the key', { ...workflow, key: 'a/b' }, 'key', /must be 1 to 100 letters/],
    ['an equals sign in the key', { ...workflow, key: 'a=b' }, 'key', /must be 1 to 100 letters/],
    ['a name of OpenTelemetry', { ...workflow, key: 'result.x' }, 'key', /OpenTelemetry/],
    ['another kind', { ...workflow, kind: 'magic' }, 'kind', /./],
    ['another state', { ...workflow, state: 'on' }, 'state', /./],
    ['a share of 0 %', { ...workflow, share: 0 }, 'share', /./],
    ['a share above 100 %', { ...workflow, share: 10_001 }, 'share', /./],
    ['a share between two steps', { ...workflow, share: 1.5 }, 'share', /whole number/],
    ['a field that is none', { ...workflow, color: 'red' }, 'color', /./],
    ['no such operator', condition({ attribute: 'a', op: 'smells', values: ['x'] }), 'rules.0.when.0.op', /./],
    ['no attribute', condition({ op: 'is', values: ['x'] }), 'rules.0.when.0.attribute', /must name an attribute/],
    ['no values', condition({ attribute: 'a', op: 'is', values: [] }), 'rules.0.when.0.values', /at least one/],
    [
      'a pattern',
      condition({ attribute: 'a', op: 'matches', values: ['('] }),
      'rules.0.when.0.values',
      /not a pattern/,
    ],
    ['a number', condition({ attribute: 'a', op: 'above', values: ['ten'] }), 'rules.0.when.0.values', /one number/],
    ['a date', condition({ attribute: 'a', op: 'after', values: ['soon'] }), 'rules.0.when.0.values', /one date/],
    ['a range', condition({ attribute: 'a', op: 'version', values: ['new'] }), 'rules.0.when.0.values', /one range/],
    ['a schedule', { ...workflow, schedule: { from: 'tomorrow' } }, 'schedule.from', /date with time and zone/],
    ['a ramp that shrinks', { ...workflow, ramp: ramp([500, 100]) }, 'ramp.stages', /must grow/],
    ['a ramp beyond its stages', { ...workflow, ramp: { ...ramp([500]), at: 1 } }, 'ramp.at', /one of the stages/],
    ['a value of another type', { ...value, variants: { yes: 'yes', no: false } }, 'variants.yes', /of type boolean/],
    ['no such off variant', { ...value, offVariant: 'none' }, 'offVariant', /there is no variant none/],
    ['no such variant', { ...value, otherwise: { variant: 'maybe' } }, 'otherwise.variant', /no variant maybe/],
  ])('%s', (_name, doc, path, message) => {
    const faults = faultsOf('flag', doc)
    expect(faults.map(fault => fault.path)).toContain(path)
    expect(faults.find(fault => fault.path === path)?.message).toMatch(message)
  })

  it('a split that is not a whole', () => {
    const otherwise = { split: [{ variant: 'yes', weight: 5000 }] }
    expect(faultsOf('flag', { ...value, otherwise })).not.toEqual([])
  })
})

it('refuses a segment that asks of another segment', () => {
  const doc = { key: 's', when: [{ op: 'in_segment', values: ['t'] }] }
  expect(faultsOf('segment', doc)).toEqual([{ path: 'when.0.op', message: 'must not ask of another segment' }])
})

it('refuses an AI switch that says neither on nor off', () => {
  expect(faultsOf('ai', { reason: 'cost' })).toMatchObject([{ path: 'off' }])
})

const ramp = (shares: number[]) => ({ stages: shares.map(share => ({ share, hours: 1 })) })
