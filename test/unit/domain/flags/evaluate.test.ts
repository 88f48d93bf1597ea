import { describe, expect, it } from 'vitest'
import { condition } from '../../../../db/domain/flags/condition.ts'
import { evaluate, evaluateKey } from '../../../../db/domain/flags/evaluate.ts'
import { matches } from '../../../../db/domain/flags/match.ts'
import conditions from '../../../cases/flags/conditions.json' with { type: 'json' }
import errors from '../../../cases/flags/errors.json' with { type: 'json' }
import prerequisites from '../../../cases/flags/prerequisites.json' with { type: 'json' }
import time from '../../../cases/flags/time.json' with { type: 'json' }
import value from '../../../cases/flags/value.json' with { type: 'json' }
import workflow from '../../../cases/flags/workflow.json' with { type: 'json' }
import { flagSet, type Table } from './set.ts'

const tables: Record<string, Table> = { workflow, value, time, prerequisites, errors }

describe.each(Object.entries(tables))('the truth table of %s', (_, table) => {
  it.each(table.cases.map(one => [one.name, one] as const))('%s', (_name, one) => {
    const set = flagSet(table, one.aiOff)
    const result = evaluateKey(one.flag, one.context, new Date(table.now), set)
    expect(result.key).toBe(one.flag)
    if (one.error) {
      const [errorCode, errorDetails] = one.error
      expect(result).toMatchObject({ reason: 'ERROR', errorCode, errorDetails })
      expect(result.value).toBeUndefined()
      return
    }
    expect([result.value, result.variant, result.reason, result.errorCode]).toEqual([...one.expect!, undefined])
    expect(result.metadata).toEqual({ flagSetId: 'project', version: 7 })
  })
})

describe('a condition', () => {
  const { segments } = flagSet({
    now: '',
    cases: [],
    flags: {},
    segments: {
      staff: {
        include: ['guest'],
        exclude: ['left'],
        when: [{ attribute: 'email', op: 'ends_with', values: ['@example.com'] }],
      },
      both: {
        when: [
          { attribute: 'plan', op: 'is', values: ['pro'] },
          { attribute: 'country', op: 'is', values: ['DE'] },
        ],
      },
      listed: { include: ['someone'] },
    },
  })
  it.each(conditions as [string, unknown, Record<string, unknown>, boolean][])('%s', (_name, asked, context, holds) => {
    expect(matches(condition.parse(asked), context, segments)).toBe(holds)
  })
})

it('says what decided, for people who ask', () => {
  const set = flagSet(workflow)
  const ask = (key: string, context: object) => evaluateKey(key, context, new Date(workflow.now), set).why
  expect(ask('five', { targetingKey: 'u292' })).toEqual({ bucket: 11 })
  expect(ask('rules', { country: 'KP' })).toEqual({ rule: 0 })
  expect(ask('audience', { targetingKey: 'u292', country: 'DE' })).toEqual({ rule: 0, bucket: 11 })
})

it('never throws, whatever it is given', () => {
  const trap = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw new Error('a trap')
      },
    },
  )
  const five = flagSet(workflow).flags.get('five')
  expect(evaluate(five, trap, new Date())).toMatchObject({ errorCode: 'GENERAL', errorDetails: 'a trap' })
  const getter = Object.defineProperty({}, 'targetingKey', {
    get: () => {
      throw new Error('a getter')
    },
  })
  expect(evaluate(five, getter, new Date())).toMatchObject({ errorCode: 'GENERAL', errorDetails: 'a getter' })
})
