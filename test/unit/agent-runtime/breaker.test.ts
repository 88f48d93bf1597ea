import { describe, expect, it } from 'vitest'
import { Breaker } from '../../../agent-runtime/inference/breaker.ts'

const limits = { windowMs: 60_000, least: 4, failed: 0.5, slowMs: 1000, openMs: 30_000 }
const bad = { ok: false }
const good = { ok: true, ttftMs: 100 }

function breakerAfter(...calls: { ok: boolean; ttftMs?: number }[]) {
  const breaker = new Breaker(limits)
  for (const [i, call] of calls.entries()) breaker.admit(i)?.record(i, call)
  return breaker
}

describe('a breaker', () => {
  it('stays closed below its least number of calls, and while fewer than half fail', () => {
    expect(breakerAfter(bad, bad, bad).state(10)).toBe('closed')
    expect(breakerAfter(good, good, good, bad).state(10)).toBe('closed')
  })

  it('opens when half of the calls fail, and admits none', () => {
    const breaker = breakerAfter(good, bad, good, bad)
    expect(breaker.state(10)).toBe('open')
    expect(breaker.admit(10)).toBeUndefined()
  })

  it('counts a model that answers too slowly as broken', () => {
    const slow = { ok: true, ttftMs: 5000 }
    expect(breakerAfter(slow, slow, slow, good).state(10)).toBe('open')
  })

  it('forgets calls outside of its window', () => {
    const breaker = breakerAfter(bad, bad, bad)
    breaker.admit(70_000)?.record(70_000, good)
    expect(breaker.state(70_000)).toBe('closed')
  })

  it('lets one probe through after a while, and closes when it went well', () => {
    const breaker = breakerAfter(bad, bad, bad, bad)
    expect(breaker.state(30_003)).toBe('half-open')
    const probe = breaker.admit(30_003)
    expect([probe === undefined, breaker.admit(30_003)]).toEqual([false, undefined])
    probe?.record(30_100, good)
    expect(breaker.state(30_100)).toBe('closed')
    expect(breaker.admit(30_100)).toBeDefined()
  })

  it('opens again when the probe fails or drags', () => {
    for (const probe of [bad, { ok: true, ttftMs: 4000 }]) {
      const breaker = breakerAfter(bad, bad, bad, bad)
      breaker.admit(30_003)?.record(30_100, probe)
      expect(breaker.state(30_200)).toBe('open')
      expect(breaker.state(60_101)).toBe('half-open')
    }
  })

  it('lets another probe through when the first was broken off by us', () => {
    const breaker = breakerAfter(bad, bad, bad, bad)
    breaker.admit(30_003)?.release()
    expect(breaker.admit(30_004)).toBeDefined()
  })

  it.each(['record', 'release'] as const)('takes the late end of an older call for no end of its probe: %s', end => {
    const breaker = new Breaker(limits)
    const older = breaker.admit(0)
    for (const at of [1, 2, 3, 4]) breaker.admit(at)?.record(at, bad)
    const probe = breaker.admit(30_004)
    if (end === 'record') older?.record(30_005, bad)
    else older?.release()
    expect(breaker.admit(30_006)).toBeUndefined()
    probe?.record(30_007, good)
    expect(breaker.state(30_008)).toBe('closed')
  })

  it('counts no call that began before it closed again', () => {
    const breaker = new Breaker(limits)
    const older = [0, 1, 2, 3].map(at => breaker.admit(at))
    for (const at of [4, 5, 6, 7]) breaker.admit(at)?.record(at, bad)
    breaker.admit(30_007)?.record(30_008, good)
    for (const call of older) call?.record(30_009, bad)
    expect(breaker.state(30_010)).toBe('closed')
  })
})
