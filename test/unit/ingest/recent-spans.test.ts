import { describe, expect, it } from 'vitest'
import { RecentSpans } from '../../../ingest/recent-spans.ts'

const hex = (number: number, digits: number) =>
  (number * 2_654_435_761).toString(16).padStart(digits, '0').slice(-digits)
const span = (number: number) => ({ projectId: 'p', traceId: hex(number, 32), spanId: hex(number, 16) })

describe('spans that were met of late', () => {
  it('are known, and others are not', () => {
    const recent = new RecentSpans()
    for (let number = 0; number < 20_000; number++) expect(recent.add(span(number))).toBe(true)
    for (let number = 0; number < 20_000; number++) expect(recent.add(span(number))).toBe(false)
    expect(recent.has(span(20_001))).toBe(false)
  })

  it('are told apart by project, trace and span', () => {
    const recent = new RecentSpans()
    recent.add(span(1))
    expect(recent.has({ ...span(1), projectId: 'other' })).toBe(false)
    expect(recent.has({ ...span(1), traceId: span(2).traceId })).toBe(false)
    expect(recent.has({ ...span(1), spanId: span(2).spanId })).toBe(false)
  })

  it('are at least so many of the last, and what is forgotten is told by the time since when all are known', () => {
    const recent = new RecentSpans(10, 1)
    for (let number = 0; number < 35; number++) recent.add(span(number))
    const known = Array.from({ length: 35 }, (_, number) => recent.has(span(number)))
    expect(known.slice(25)).toEqual(Array(10).fill(true))
    expect(known.filter(Boolean).length).toBeLessThanOrEqual(20)
    expect(recent.sinceMs).toBeGreaterThan(1)
  })

  it('of the time before the first was added are known from when it is said', () => {
    const recent = new RecentSpans(10, 1_000)
    recent.knowSince(500)
    expect(recent.sinceMs).toBe(500)
  })
})
