import type { ChannelKind, ConfigOf, SecretOf } from '../../db/domain/channels.ts'
import type { Told } from '../../db/domain/incident.ts'
import type { ToldRamp } from '../../db/domain/ramp-told.ts'
import type { Mail } from '../../db/mail.ts'
import type { Outbound, OutboundAnswer } from '../../db/outbound.ts'
import type { Outcome } from '../../db/outbox.ts'

/** What is to be sent; the id is the same at every try, so that the receiver can tell a second copy. */
export type Sending = { id: string; projectId: string } & (
  | { kind: 'incident'; told: Told }
  | { kind: 'digest'; all: Told[] }
  | { kind: 'ramp'; told: ToldRamp }
  | { kind: 'test'; channelName: string; projectName: string }
)

/** What senders use of the world. */
export type Tools = {
  outbound: Outbound
  mail: Mail | undefined
  publicUrl: string
  now: Date
  /** What the receiver gave back for the newest message about the incident. */
  lastReceipt(incidentId: number): Promise<Record<string, string> | undefined>
}

/** All channels are one shape: how a message goes to where `config` and `secret` say, and how long between two of them. */
export type ChannelSender<K extends ChannelKind> = {
  paceMs: number
  send(sending: Sending, to: { id: string; config: ConfigOf<K>; secret: SecretOf<K> }, tools: Tools): Promise<Outcome>
}

/** What an HTTP receiver's answer means: 410 ends it, anything but success is tried again, when it says so if it does. */
export function outcomeOf({ status, headers, body }: OutboundAnswer, now: Date): Outcome {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  const said = body.trim().slice(0, 300)
  const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : ''
  const error = `it answered ${status}${redirect}${said ? `: ${said}` : ''}`
  if (status === 410) return { kind: 'stop', error, gone: true }
  return { kind: 'retry', error, afterMs: readRetryAfter(headers['retry-after'], now) }
}

const longestWaitMs = 24 * 3_600_000

/** `Retry-After` as seconds or a date; a day at most. */
export function readRetryAfter(text: string | undefined, now: Date): number | undefined {
  if (!text) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestWaitMs) : undefined
}
