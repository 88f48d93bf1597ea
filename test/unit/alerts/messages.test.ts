import { describe, expect, it } from 'vitest'
import { readRetryAfter } from '../../../alerts/channels/channel.ts'
import { letterOf } from '../../../alerts/channels/email-letter.ts'
import { blocksOf } from '../../../alerts/channels/slack-blocks.ts'
import { signature } from '../../../alerts/channels/webhook.ts'
import { retryMs } from '../../../alerts/notify.ts'
import { clamp, linksOf, summaryOf, titleOf } from '../../../alerts/words.ts'
import { evidence, monstrous, told } from '../../alerts/told.ts'
import { longestSlackMessage, slackMessage } from '../../peers/slack.ts'

const links = linksOf('https://lamp.example', 'p1')
const sending = (one = told()) => ({ id: 'inc_12_1_ch_1', projectId: 'p1', kind: 'incident' as const, told: one })

describe('the words of an alert', () => {
  it('are one sentence with both values, users, interval, since when and who carries it', () => {
    expect(titleOf(told())).toBe('Negative feedback on support-agent is up 34.6 % on last week')
    expect(summaryOf(told())).toBe(
      '8.1 % → 10.9 %, 2,310 users, interval +12.0 % to +58.0 %. It began 17 Mar 2026 14:00 UTC; model gpt-4o-2024-11-20 accounts for it.',
    )
  })

  it('say that it is over, and what it was', () => {
    const over = told({ kind: 'resolved', reason: 'no longer worse for 3 looks', at: '2026-03-21T08:00:00.000Z' })
    expect(titleOf(over)).toBe('Recovered: Negative feedback on support-agent')
    expect(summaryOf(over)).toContain('No longer worse for 3 looks.')
    expect(summaryOf(over)).toContain('from 19 Mar 2026 14:10 UTC to 21 Mar 2026 08:00 UTC')
  })

  it('say how much a mere shift of traffic was, which is not counted', () => {
    const shifted = told({ evidence: evidence({ mix: { by: 'workflow', relative: 0.04 } }) })
    expect(summaryOf(shifted)).toContain('A shift between workflows adds +4.0 %, which is not counted here.')
  })

  it('name the hour when they are about an hour', () => {
    expect(titleOf(told({ lane: 'hour', kind: 'escalated' }))).toBe(
      'Now urgent: Negative feedback on support-agent is up 34.6 % on the same hour of the weeks before',
    )
  })

  it('never cut a character in two', () => {
    expect(clamp('ab😀cd', 4)).toBe('ab…')
    expect(clamp('abc', 3)).toBe('abc')
  })
})

describe('Slack blocks', () => {
  it('name the change, the segments, five traces and what changed, with links to act', () => {
    const text = JSON.stringify(blocksOf(sending(), links))
    for (const part of [
      'What carries it',
      '5 worst traces',
      'What changed in that window',
      'Open incident',
      'Silence',
      'https://lamp.example/p/p1/alerts/incidents/12',
    ])
      expect(text).toContain(part)
  })

  it.each([
    ['an ordinary alert', sending()],
    ['the longest and most hostile alert', sending(monstrous())],
    [
      'a digest of 120 hostile alerts',
      { id: 'digest_1', projectId: 'p1', kind: 'digest' as const, all: Array.from({ length: 120 }, monstrous) },
    ],
    [
      'a test',
      {
        id: 't',
        projectId: 'p1',
        kind: 'test' as const,
        channelName: 'x'.repeat(500),
        projectName: monstrous().projectName,
      },
    ],
  ])('of %s keep the limits that Slack documents', (_, one) => {
    const blocks = blocksOf(one, links)
    expect(slackMessage.safeParse({ text: 'x', blocks }).error).toBeUndefined()
    expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(longestSlackMessage)
    expect(blocks.at(-1)).toMatchObject({ type: 'context' })
  })

  it('let no text that a user gave mention anybody', () => {
    const parsed = [...JSON.stringify(blocksOf(sending(monstrous()), links)).matchAll(/"mrkdwn","text":"(.*?)"\}/g)]
    expect(parsed.length).toBeGreaterThan(3)
    for (const [, text] of parsed) expect(/<[!@#]/.test(text ?? '')).toBe(false)
  })
})

describe('a letter', () => {
  it('has the same subject all through an incident, and names the state in its title', () => {
    const opened = letterOf(sending(), links)
    const resolved = letterOf(sending(told({ kind: 'resolved' })), links)
    expect(resolved.subject).toBe(`Re: ${opened.subject}`)
    expect(resolved.html).toContain('Recovered: Negative feedback on support-agent')
  })

  it('says in text all that it says in HTML', () => {
    const { text, html } = letterOf(sending(), links)
    for (const part of ['8.1 % → 10.9 %', 'gpt-4o-2024-11-20', 'How long may I return', 'Silence', 'inc_12_1_ch_1']) {
      expect(text).toContain(part)
      expect(html).toContain(part)
    }
  })

  it('shows hostile text as text, in one line of subject', () => {
    const { subject, html } = letterOf(sending(monstrous()), links)
    expect(html).not.toContain('<script>')
    expect(subject).not.toMatch(/[\r\n]/)
    expect(subject.length).toBeLessThan(250)
  })
})

describe('a signature', () => {
  it('is that of the Standard Webhooks example', () => {
    const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1614265330, body: '{"test": 2432232314}' }
    expect(signature(example, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    )
  })
})

describe('waiting', () => {
  const now = new Date('2026-03-19T14:00:00Z')
  it.each([
    ['30', 30_000],
    ['0.5', 500],
    ['Thu, 19 Mar 2026 14:02:00 GMT', 120_000],
    ['99999999', 24 * 3_600_000],
    ['Thu, 19 Mar 2026 13:00:00 GMT', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads Retry-After %s', (text, ms) => {
    expect(readRetryAfter(text, now)).toBe(ms)
  })

  it('doubles from try to try up to the longest, never the same for two messages', () => {
    const times = { firstRetryMs: 10_000, longestRetryMs: 3_600_000 }
    const waits = Array.from({ length: 20 }, (_, i) => retryMs('a', i + 1, times))
    for (const [i, wait] of waits.entries()) {
      const full = Math.min(3_600_000, 10_000 * 2 ** i)
      expect(wait).toBeGreaterThanOrEqual(full * 0.75)
      expect(wait).toBeLessThanOrEqual(full)
    }
    expect(retryMs('a', 3, times)).not.toBe(retryMs('b', 3, times))
  })
})
