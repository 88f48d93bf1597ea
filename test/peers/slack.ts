import { z } from 'zod'
import type { Answer, Caught, Handler } from './catcher.ts'

const text = (most: number) =>
  z.object({ type: z.enum(['mrkdwn', 'plain_text']), text: z.string().min(1).max(most) }).loose()
const button = z.object({ type: z.literal('button'), text: text(75), url: z.url().max(3000) }).loose()
const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('header'), text: text(150) }),
  z.object({ type: z.literal('section'), text: text(3000) }),
  z.object({ type: z.literal('context'), elements: z.array(text(3000)).min(1).max(10) }),
  z.object({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) }),
])
/** What Slack documents of a message: 50 blocks, their sizes, and 13,000 characters in all. */
export const slackMessage = z.object({ text: z.string().min(1).max(40_000), blocks: z.array(block).max(50) }).loose()
export const longestSlackMessage = 13_000

export type Posted = { ts: string; channel: string; message: z.output<typeof slackMessage>; edited: number }

/**
 * Answers as Slack does: an incoming webhook at /services/..., chat.postMessage and chat.update at /api/..., one message a
 * second a channel (429 with Retry-After), and its error words for bad tokens, channels and blocks.
 */
export function asSlack({ token = 'xoxb-right-token', perSecond = true } = {}): { handler: Handler; posted: Posted[] } {
  const posted: Posted[] = []
  const last = new Map<string, number>()
  let next = 1

  function limited(channel: string, at: number): Answer | undefined {
    if (perSecond && at - (last.get(channel) ?? 0) < 950)
      return { status: 429, headers: { 'retry-after': '1' }, body: 'rate_limited' }
    last.set(channel, at)
    return undefined
  }

  function handler({ path, headers, body, at }: Caught): Answer {
    if (path.startsWith('/services/')) {
      if (path.endsWith('/gone')) return { status: 410, body: 'channel_is_archived' }
      return (
        limited(path, at) ?? (keep(path, body) ? { status: 200, body: 'ok' } : { status: 400, body: 'invalid_blocks' })
      )
    }
    if (headers.authorization !== `Bearer ${token}`) return json({ ok: false, error: 'invalid_auth' })
    const given = JSON.parse(body) as { channel?: string; ts?: string }
    const channel = given.channel ?? ''
    if (!/^C\w+$/.test(channel)) return json({ ok: false, error: 'channel_not_found' })
    const busy = limited(channel, at)
    if (busy) return busy
    if (path === '/api/chat.postMessage') {
      const made = keep(channel, body)
      return made ? json({ ok: true, channel, ts: made.ts }) : json({ ok: false, error: 'invalid_blocks' })
    }
    const found = posted.find(one => one.ts === given.ts && one.channel === channel)
    const parsed = slackMessage.safeParse(JSON.parse(body))
    if (!found) return json({ ok: false, error: 'message_not_found' })
    if (!parsed.success) return json({ ok: false, error: 'invalid_blocks' })
    Object.assign(found, { message: parsed.data, edited: found.edited + 1 })
    return json({ ok: true, channel, ts: found.ts })
  }

  function keep(channel: string, body: string): Posted | undefined {
    const parsed = slackMessage.safeParse(JSON.parse(body))
    if (!parsed.success || JSON.stringify(parsed.data.blocks).length > longestSlackMessage) return undefined
    const made = { ts: `17000000${next++}.000100`, channel, message: parsed.data, edited: 0 }
    posted.push(made)
    return made
  }

  return { handler, posted }
}

const json = (value: object): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
