import { describe, expect, it } from 'vitest'
import { type WorkflowFlag, workflowFlag } from '../../../../db/domain/flags/flag.ts'
import { adoptCanary, leftOf, rampStep, startRamp } from '../../../../db/domain/flags/ramp-step.ts'
import { settleFlag } from '../../../../db/domain/flags/settle.ts'
import { usualChoice } from '../../../../db/domain/guardrails.ts'

const now = new Date('2027-03-01T12:00:00Z')
const earlier = '2027-02-27T12:00:00.000Z'
const flag = (fields: object = {}) => workflowFlag.parse({ kind: 'workflow', key: 'w', salt: 's', ...fields })
const canary = (fields: object = {}) => flag({ state: 'canary', since: earlier, ...fields })
const settle = (before: WorkflowFlag | undefined, after: WorkflowFlag, by: 'person' | 'ramp' = 'person') =>
  settleFlag(before, after, by, now) as WorkflowFlag
const ramp = (fields: object = {}) => ({
  stages: [
    { share: 100, hours: 1 },
    { share: 500, hours: 24 },
  ],
  state: 'running',
  at: 0,
  since: '2027-03-01T11:30:00.000Z',
  ...fields,
})

describe('a comparison', () => {
  it('begins when the canary is switched on', () => {
    expect(settle(flag(), canary({ since: undefined })).since).toBe(now.toISOString())
    expect(settle(undefined, canary({ since: undefined })).since).toBe(now.toISOString())
  })

  it('goes on while its share grows or its description changes', () => {
    expect(settle(canary(), canary({ share: 2500, description: 'New prompt' })).since).toBe(earlier)
  })

  it.each([
    { canary: { version: '2' } },
    { control: { model: 'openai/gpt-4o-2024-11-20' } },
    { salt: 't' },
    { unit: 'tenant' },
    { guardrails: { error_rate: {} } },
    { guardrails: { ...usualChoice, latency: { tolerance: 0.3 } } },
  ])('begins anew with %j', change => {
    expect(settle(canary(), canary(change)).since).toBe(now.toISOString())
  })

  it('ends when the canary is switched off, and a later one is another', () => {
    expect(settle(canary(), flag({ since: earlier })).since).toBeUndefined()
  })
})

describe('a ramp that runs', () => {
  const running = canary({ share: 100, ramp: ramp() })

  it('is paused when a person changes what it steers', () => {
    expect(settle(running, { ...running, share: 2500 }).ramp).toMatchObject({
      state: 'paused',
      because: 'share changed by hand',
    })
    expect(settle(running, { ...running, state: 'off' }).ramp).toMatchObject({ state: 'paused' })
  })

  it('goes on when a person changes something else, and when it changes the share itself', () => {
    expect(settle(running, { ...running, description: 'x' }).ramp?.state).toBe('running')
    expect(settle(running, { ...running, share: 500 }, 'ramp').ramp?.state).toBe('running')
  })

  it('does not go to the next stage before its time, whatever the verdict', () => {
    expect(leftOf(ramp() as never, now)).toBe(30 * 60_000)
    expect(rampStep(running, { verdict: 'promote', reason: 'good' }, now)).toBeUndefined()
  })

  it('goes to the next stage after its time when the verdict is to promote, and stays when it is to hold', () => {
    const later = new Date('2027-03-01T12:30:00Z')
    expect(rampStep(running, { verdict: 'hold', reason: 'too few' }, later)).toBeUndefined()
    expect(rampStep(running, { verdict: 'promote', reason: 'all safe' }, later)).toMatchObject({
      state: 'canary',
      share: 500,
      ramp: { state: 'running', at: 1, since: later.toISOString(), because: 'all safe' },
    })
  })

  it('is done after its last stage', () => {
    const last = canary({ share: 500, ramp: ramp({ at: 1, since: '2027-02-01T00:00:00Z' }) })
    expect(rampStep(last, { verdict: 'promote', reason: 'all safe' }, now)).toMatchObject({
      state: 'canary',
      share: 500,
      ramp: { state: 'done' },
    })
  })

  it('is rolled back at once, to the control', () => {
    expect(rampStep(running, { verdict: 'roll back', reason: 'errors tripled' }, now)).toMatchObject({
      state: 'control',
      ramp: { state: 'rolled back', because: 'errors tripled' },
    })
  })
})

it('leaves a paused ramp alone', () => {
  const paused = canary({ ramp: ramp({ state: 'paused' }) })
  expect(rampStep(paused, { verdict: 'roll back', reason: 'bad' }, now)).toBeUndefined()
})

it('starts a ramp at its stage, with its share, from now on', () => {
  const started = startRamp(flag({ ramp: ramp({ state: 'paused', at: 1, because: 'by hand' }) }), now)
  expect(started).toMatchObject({ state: 'canary', share: 500, ramp: { state: 'running', since: now.toISOString() } })
  expect(started.ramp?.because).toBeUndefined()
})

it('makes a canary that proved good the control', () => {
  const adopted = adoptCanary(canary({ control: { version: '1', model: 'm' }, canary: { version: '2' }, ramp: ramp() }))
  expect(adopted).toMatchObject({ state: 'control', control: { version: '2', model: 'm' }, canary: {} })
  expect(adopted.ramp).toBeUndefined()
})
