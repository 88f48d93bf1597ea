import { describe, expect, it } from 'vitest'
import { routeTo } from '../../../db/domain/channels.ts'
import { judgeHour } from '../../../db/domain/fast-lane.ts'
import { distrust } from '../../../db/domain/guards.ts'
import type { MetricId } from '../../../db/domain/metrics.ts'
import { carriersOf, strataOf, withinChange } from '../../../db/domain/mix-shift.ts'
import { onsetOf } from '../../../db/domain/onset.ts'
import { matches, quietUntil, type Silence, type Subject, silencedBy, within } from '../../../db/domain/silences.ts'
import { hourMs } from '../../../db/domain/time.ts'
import type { UserSums } from '../../../db/domain/week-over-week.ts'
import hours from '../../cases/alerts/fast-lane.json' with { type: 'json' }
import guards from '../../cases/alerts/guards.json' with { type: 'json' }
import shifts from '../../cases/alerts/mix-shift.json' with { type: 'json' }
import silences from '../../cases/alerts/silences.json' with { type: 'json' }

/** An hour in which each of `d` users had one trace, a share of them bad. */
const hour = (rate: number, d: number): UserSums => {
  const m = Math.round(rate * d)
  return { users: d, m, d, mm: m, md: m, dd: d }
}

describe('the fast lane', () => {
  it.each(hours)('$name', ({ hour: given, expect: expected }) => {
    const {
      now,
      refs,
      d,
      worse = 'up',
      floor = 0,
    } = given as { now: number; refs: number[]; d: number; worse?: 'up' | 'down'; floor?: number }
    const compared = { current: hour(now, d), references: refs.map(rate => hour(rate, d)) }
    const seen = { scale: 'ratio' as const, counts: true, worse, ...compared }
    const { judgement } = judgeHour(seen, { threshold: 0.1, floor })
    expect(judgement).toMatchObject(expected)
    expect(JSON.stringify(judgement)).not.toContain('NaN')
  })

  it('is not alarmed by one user who outweighs all others', () => {
    const looping = (m: number, d: number) => {
      const { users, ...rest } = hour(0.1, 40)
      return { users: users + 1, m: rest.m + m, d: 40 + d, mm: rest.mm + m * m, md: rest.md + m * d, dd: 40 + d * d }
    }
    const judged = (current: UserSums) =>
      judgeHour(
        { scale: 'ratio', counts: true, worse: 'up', current, references: Array(4).fill(hour(0.1, 40)) },
        { threshold: 0.1, floor: 0 },
      ).judgement
    expect(judged(looping(300, 300))).toMatchObject({ hit: false, reason: expect.stringContaining('a few users') })
    expect(judged(hour(0.8, 40))).toMatchObject({ hit: true })
  })
})

type Facts = {
  metric?: MetricId
  response?: [number, number, number]
  feedbackBefore?: number
  feedbackNow?: number
  gaps?: [number, number][]
  thin?: [number, number, number][]
  ledgerFrom?: number
  mappings?: [string, number, number][]
}

describe('trust', () => {
  it.each(guards)('$name', ({ facts, expect: expected }) => {
    const given = facts as unknown as Facts
    const received = new Map<number, number>()
    for (let at = given.ledgerFrom ?? 168; at < 673; at++) {
      if (given.gaps?.some(([from, to]) => at >= from && at < to)) continue
      const thin = given.thin?.find(([from, to]) => at >= from && at < to)
      received.set(at * hourMs, thin ? thin[2] : 50)
    }
    const [current, baseline, se] = given.response ?? [0.2, 0.2, 0.01]
    const why = distrust(given.metric ?? 'negative_feedback_rate', {
      response: { current, baseline, relative: current / baseline - 1, theta: Math.log(current / baseline), se },
      feedbackBefore: given.feedbackBefore ?? 400,
      feedbackNow: given.feedbackNow ?? 400,
      received,
      window: { baseline: new Date(336 * hourMs), current: new Date(504 * hourMs), end: new Date(672 * hourMs) },
      mappings: (given.mappings ?? [['genai', 1000, 1000]]).map(([name, before, now]) => ({
        name,
        baseline: before,
        current: now,
      })),
    })
    if (expected === null) expect(why).toBeUndefined()
    else expect(why).toContain(expected)
  })
})

describe('a silence', () => {
  it.each(silences.matchers)('matches $name: $expect', ({ matcher, subject, expect: expected }) => {
    const whole = { metric: 'latency', scope: 'billing', ruleId: 'r1', severity: 'page' as const, ...subject }
    expect(matches(matcher as Silence['matcher'], whole as Subject)).toBe(expected)
  })

  it.each(silences.weekly)('by the week: $name', ({ now, weekly, expect: expected }) => {
    expect(within(weekly, new Date(now)) ?? null).toBe(expected)
  })

  it('holds from its start until its end, and says until when and why', () => {
    const silence: Silence = {
      ...{ id: 1, matcher: {}, weekly: null, comment: 'migration' },
      startsAt: new Date('2026-03-18T10:00:00Z'),
      endsAt: new Date('2026-03-18T12:00:00Z'),
    }
    const subject = { metric: 'latency', scope: '', ruleId: 'r', severity: 'page' as const }
    const at = (time: string) => silencedBy([silence], subject, new Date(`2026-03-18T${time}Z`))
    expect(at('09:59:59')).toBeUndefined()
    expect(at('10:00:00')).toBe('silenced until 18 Mar 2026 12:00 UTC: migration')
    expect(at('12:00:00')).toBeUndefined()
  })

  it('in quiet hours a message waits until they end', () => {
    const quiet = { from: '22:00', to: '07:00', zone: 'UTC' }
    const until = (time: string) =>
      quietUntil(quiet, new Date(`2026-03-18T${time}Z`))
        .toISOString()
        .slice(11, 16)
    expect([until('21:59:00'), until('22:00:30'), until('03:15:00'), until('07:00:00')]).toEqual([
      '21:59',
      '07:00',
      '07:00',
      '07:00',
    ])
    expect(quietUntil(null, new Date(0))).toEqual(new Date(0))
  })

  it.each([
    ['Europe/Berlin', '2026-03-28T12:00Z', '22:00', '07:00'],
    ['Europe/Berlin', '2026-10-24T12:00Z', '22:00', '07:00'],
    ['Europe/Berlin', '2026-03-28T12:00Z', '22:00', '02:30'],
    ['Europe/Berlin', '2026-10-24T12:00Z', '22:00', '02:30'],
    ['America/New_York', '2026-03-08T00:00Z', '00:15', '06:45'],
    ['Australia/Lord_Howe', '2026-04-04T03:00Z', '22:00', '07:00'],
    ['Australia/Lord_Howe', '2026-10-03T03:00Z', '22:00', '07:00'],
    ['Asia/Kolkata', '2026-03-28T12:00Z', '22:00', '07:00'],
  ])('quiet hours in %s around %s from %s to %s end when the clock there says so', (zone, around, from, to) => {
    const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
    const isQuiet = (at: number) => {
      const time = clock.format(at)
      return from < to ? time >= from && time < to : time >= from || time < to
    }
    let end = Date.parse(around) + 24 * hourMs
    while (isQuiet(end)) end += 5 * 60_000
    for (let at = end; at >= Date.parse(around); at -= 5 * 60_000) {
      if (!isQuiet(at)) end = at
      expect(quietUntil({ from, to, zone }, new Date(at)).toISOString()).toBe(new Date(end).toISOString())
    }
  })
})

describe('mix shift', () => {
  it.each(shifts)('$name', ({ segments, expect: expected }) => {
    const change = withinChange(strataOf(segments), { aa: 0, ab: 0, bb: 0 }, 'ratio')
    expect(change?.relative).toBeCloseTo(expected.within, 6)
  })

  it('names who carries a change: the parts of all segments add up to it', () => {
    const segments = [
      { segment: 'new', ma: 60, da: 200, mb: 5, db: 50 },
      { segment: 'old', ma: 20, da: 200, mb: 35, db: 350 },
    ]
    const carriers = carriersOf('model', segments, 'ratio')
    expect(carriers[0]).toMatchObject({ dimension: 'model', key: 'new', current: 0.3, baseline: 0.1 })
    expect(carriers[0]?.carries).toBeCloseTo(1, 6)
    expect(carriersOf('model', [], 'ratio')).toEqual([])
  })
})

describe('the onset', () => {
  const buckets = (rates: number[]) => rates.map((rate, at) => ({ at, numerator: rate * 50, denominator: 50 }))
  it('is the first bucket of what is worse, though some before were so by chance', () => {
    expect(onsetOf(buckets([0.1, 0.12, 0.08, 0.1, 0.09, 0.3, 0.25, 0.32]), 0.1, 'up')).toEqual(new Date(5))
  })
  it('of what falls is where it falls', () => {
    expect(onsetOf(buckets([0.9, 0.92, 0.91, 0.6, 0.7]), 0.9, 'down')).toEqual(new Date(3))
  })
  it('is none where nothing is worse', () => {
    expect(onsetOf(buckets([0.1, 0.05]), 0.1, 'up')).toBeUndefined()
    expect(onsetOf([], 0.1, 'up')).toBeUndefined()
  })
})

describe('a route', () => {
  const channel = (id: string, route: object, more: object = {}) => ({
    id,
    enabled: true,
    broken: null,
    route: { severities: [], workflows: [], metrics: [], ...route },
    ...more,
  })
  const subject = { metric: 'latency', scope: 'billing', ruleId: 'r', severity: 'warning' as const }
  it('takes what matches all of its lists; an empty list takes all', () => {
    const all = [
      channel('all', {}),
      channel('pages', { severities: ['page'] }),
      channel('billing', { workflows: ['billing', 'x'], metrics: ['latency'] }),
      channel('other', { metrics: ['ttft'] }),
    ]
    expect(routeTo(all, [], subject).map(({ id }) => id)).toEqual(['all', 'billing'])
  })
  it('goes where a rule says, and never to what is switched off or broken', () => {
    const all = [
      channel('a', { metrics: ['ttft'] }),
      channel('off', {}, { enabled: false }),
      channel('broken', {}, { broken: 'gone' }),
    ]
    expect(routeTo(all, ['a', 'off', 'broken'], subject).map(({ id }) => id)).toEqual(['a'])
  })
})
