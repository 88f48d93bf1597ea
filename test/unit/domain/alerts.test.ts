import { describe, expect, it } from 'vitest'
import { atRest, decide, type Observation, type Standing } from '../../../db/domain/alerts.ts'

const seen = (relative: number, se: number, more: Partial<Observation> = {}): Observation => {
  const theta = Math.log(1 + relative)
  return {
    worse: 'up',
    change: { current: 1 + relative, baseline: 1, relative, theta, se },
    currentUsers: 500,
    baselineUsers: 500,
    baselineEvents: 100,
    ...more,
  }
}
const worse = seen(0.3, 0.05)
const fine = seen(0.01, 0.05)

/** Runs the checks in turn and answers the states they lead to. */
function follow(observations: Observation[], start: Standing = atRest) {
  let standing = start
  return observations.map(observation => {
    standing = decide(standing, observation)
    return standing.state
  })
}

describe('the alert decision', () => {
  it('fires at the second worse check in a row, not at the first', () => {
    expect(follow([worse, worse, worse])).toEqual(['pending', 'firing', 'firing'])
    expect(follow([worse, fine, worse])).toEqual(['pending', 'ok', 'pending'])
  })

  it('ends at the third clear check in a row, and a relapse starts the count again', () => {
    expect(follow([worse, worse, fine, fine, fine])).toEqual(['pending', 'firing', 'recovering', 'recovering', 'ok'])
    expect(follow([worse, worse, fine, fine, worse, fine])).toEqual([
      ...['pending', 'firing', 'recovering', 'recovering'],
      ...['firing', 'recovering'],
    ])
  })

  it.each([
    ['under the threshold, however certain', seen(0.09, 0.001), 'ok'],
    ['over the threshold but within the noise', seen(0.3, 0.2), 'ok'],
    ['better', seen(-0.3, 0.05), 'ok'],
    ['too few users this week', seen(0.3, 0.05, { currentUsers: 49 }), 'no_data'],
    ['too few users last week', seen(0.3, 0.05, { baselineUsers: 49 }), 'no_data'],
    ['too few events last week', seen(0.3, 0.05, { baselineEvents: 19 }), 'no_data'],
    ['no value', seen(0.3, 0.05, { change: undefined }), 'no_data'],
    ['a completion rate that rises', seen(0.3, 0.05, { worse: 'down' }), 'ok'],
    ['a completion rate that falls', seen(-0.3, 0.05, { worse: 'down' }), 'pending'],
  ])('makes of %s: %s', (_, observation, state) => {
    expect(decide(atRest, observation).state).toBe(state)
  })

  it('keeps an open incident open while data is missing', () => {
    const open: Standing = { state: 'firing', hits: 2, clears: 0 }
    expect(decide(open, seen(0.3, 0.05, { currentUsers: 3 }))).toMatchObject({
      ...open,
      reason: expect.stringContaining('too few users'),
    })
  })

  it('pages only when the harm surely exceeds the threshold', () => {
    expect(decide(atRest, seen(0.3, 0.05)).severity).toBe('page')
    expect(decide(atRest, seen(0.15, 0.04)).severity).toBe('warning')
  })
})
