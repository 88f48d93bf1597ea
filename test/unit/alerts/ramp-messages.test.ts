import { describe, expect, it } from 'vitest'
import { letterOf } from '../../../alerts/channels/email-letter.ts'
import { blocksOf } from '../../../alerts/channels/slack-blocks.ts'
import { linksOf, rampSummary } from '../../../alerts/words.ts'
import { routeRamp } from '../../../db/domain/channels.ts'
import { guardrailLine, rampTitle, type ToldRamp } from '../../../db/domain/ramp-told.ts'
import { longestSlackMessage, slackMessage } from '../../peers/slack.ts'

const links = linksOf('https://lamp.example', 'p1')
const step = (more: Partial<ToldRamp> = {}): ToldRamp => ({
  did: 'rolled back',
  projectName: 'Support desk',
  flag: 'support-agent',
  revision: 7,
  from: 500,
  to: 0,
  reason: "errors are surely worse than the control's (8.0 % → 30.0 %, at least 120 % worse)",
  at: '2026-03-19T14:10:00.000Z',
  users: { canary: 1204, control: 1198 },
  about: ['error_rate'],
  guardrails: [
    {
      ...{ id: 'error_rate', label: 'Errors', unit: 'share', control: 0.08, canary: 0.3 },
      ...{ low: 1.2, high: 4.1, verdict: 'surely worse' },
    },
  ],
  ...more,
})

describe('the words of a ramp’s step', () => {
  it.each([
    [{}, 'support-agent was rolled back from 5 % to the control'],
    [{ did: 'promoted', to: 2500 }, 'support-agent went on from 5 % to 25 %'],
    [{ did: 'finished', from: 10_000 }, 'support-agent is through its ramp at 100 %'],
  ] as const)('%j', (more, title) => expect(rampTitle(step(more))).toBe(title))

  it('say why, with both values, the interval and the users', () => {
    expect(rampSummary(step())).toBe(
      "Errors are surely worse than the control's (8.0 % → 30.0 %, at least 120 % worse). 1,204 users in the canary, 1,198 in the control.",
    )
    const [errors] = step().guardrails
    expect(guardrailLine(errors!)).toBe('Errors: 8.0 % → 30.0 %, +120 % to +410 % (surely worse)')
    expect(guardrailLine({ ...errors!, control: null, low: null, high: null, verdict: 'no data' })).toBe(
      'Errors: no data → 30.0 % (no data)',
    )
    expect(guardrailLine({ ...errors!, low: null })).toContain(', at most +410 %')
  })
})

it('a step is a Slack message that Slack takes, and a letter, however hostile its texts', () => {
  const nasty = '<script>alert(1)</script> & <!channel> "x" '.repeat(200)
  for (const told of [step(), step({ flag: 'f'.repeat(100), projectName: nasty, reason: nasty })]) {
    const sending = { id: 'ramp_7_ch_1', projectId: 'p1', kind: 'ramp' as const, told }
    const blocks = blocksOf(sending, links)
    expect(slackMessage.safeParse({ text: 'x', blocks }).error).toBeUndefined()
    expect(JSON.stringify(blocks).length).toBeLessThan(longestSlackMessage)
    expect(JSON.stringify(blocks)).not.toContain('<!channel>')
    const letter = letterOf(sending, links)
    expect(letter.subject).not.toContain('\n')
    expect(letter.html).not.toContain('<script>')
    expect(letter.text).toContain('ramp_7_ch_1')
  }
})

describe('a step goes', () => {
  const channel = (id: string, more: object = {}) => ({
    ...{ id, kind: 'webhook' as const, enabled: true, broken: null },
    route: { severities: [], workflows: [], metrics: [] },
    ...more,
  })
  const route = (more: object) => ({ route: { severities: [], workflows: [], metrics: [], ...more } })
  const all = [
    channel('all'),
    channel('pager', { kind: 'pagerduty' }),
    channel('off', { enabled: false }),
    channel('gone', { broken: 'it answered 410' }),
    channel('pages only', route({ severities: ['page'] })),
    channel('this workflow', route({ workflows: ['support-agent'] })),
    channel('another workflow', route({ workflows: ['greet'] })),
    channel('errors', route({ metrics: ['error_rate', 'ttft'] })),
    channel('latency', route({ metrics: ['latency'] })),
  ]
  it.each([
    ['back', { did: 'rolled back', metrics: ['error_rate'] }, ['all', 'pager', 'this workflow', 'errors']],
    ['on', { did: 'promoted', metrics: [] }, ['all', 'this workflow']],
  ] as const)('%s to the channels that take it', (_, { did, metrics }, to) => {
    expect(routeRamp(all, { did, metrics, flag: 'support-agent' }).map(({ id }) => id)).toEqual(to)
  })
})
