import { describe, expect, it } from 'vitest'
import { classify, decideRetry, retryAfter, retryLimits, SilenceError } from '../../../agent-runtime/inference/retry.ts'

const http = (status: number, headers: Record<string, string> = {}) =>
  Object.assign(new Error(`${status} it failed`), { status, headers: new Headers(headers) })
const now = Date.parse('2026-11-23T12:00:00Z')

describe('classify', () => {
  it.each([
    [http(408), 'retry'],
    [http(409), 'retry'],
    [http(429), 'retry'],
    [http(500), 'retry'],
    [http(529), 'retry'],
    [http(401), 'elsewhere'],
    [http(403), 'elsewhere'],
    [http(404), 'elsewhere'],
    [http(400), 'fail'],
    [http(422), 'fail'],
    [new SilenceError('it did not begin to answer within 30000 ms'), 'retry'],
    [Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }), 'retry'],
    [new Error('Connection error.', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) }), 'retry'],
    [Object.assign(new Error('model is overloaded'), { status_code: 503 }), 'retry'],
    [new TypeError('cannot read properties of undefined'), 'fail'],
    ['a thrown text', 'fail'],
  ])('%s: %s', (error, next) => {
    expect(classify(error, now).next).toBe(next)
  })

  it('says the status once, and the cause in one line', () => {
    expect(classify(Object.assign(new Error('429 too\nmany   requests'), { status: 429 }), now).reason).toBe(
      '429 too many requests',
    )
  })
})

it.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': '150', 'retry-after': '2' }, 150],
  [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:03 GMT' }, 3000],
  [{ 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('reads how long to wait from %j: %s ms', (headers, ms) => {
  expect(retryAfter(new Headers(headers as Record<string, string>), now)).toBe(ms)
  expect(retryAfter(headers, now)).toBe(ms)
})

describe('decideRetry', () => {
  const limits = { ...retryLimits, deadlineMs: 10_000, attemptsPerModel: 3, backoffMs: 300 }
  const decide = (attempt: number, elapsedMs: number, retryAfterMs?: number) =>
    decideRetry({ next: 'retry', reason: '', retryAfterMs }, { attempt, elapsedMs, limits, random: 1 })

  it('backs off twice as long each time, then goes elsewhere', () => {
    expect([decide(1, 0), decide(2, 500), decide(3, 1500)]).toEqual([{ waitMs: 300 }, { waitMs: 600 }, 'elsewhere'])
  })
  it('waits as long as it was asked to, unless that leaves no time for an answer', () => {
    expect(decide(1, 0, 4000)).toEqual({ waitMs: 4000 })
    expect(decide(1, 0, 5000)).toBe('elsewhere')
    expect(decide(1, 4900)).toBe('elsewhere')
  })
  it('does not try again what is wrong in itself, or a model that cannot be used', () => {
    const at = { attempt: 1, elapsedMs: 0, limits }
    expect(decideRetry({ next: 'fail', reason: '' }, at)).toBe('fail')
    expect(decideRetry({ next: 'elsewhere', reason: '' }, at)).toBe('elsewhere')
  })
})
