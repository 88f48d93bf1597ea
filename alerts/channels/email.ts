import type { Outcome } from '../../db/outbox.ts'
import { linksOf } from '../words.ts'
import type { ChannelSender, Sending } from './channel.ts'
import { letterOf } from './email-letter.ts'

/** E-mail over SMTP, as text and HTML. A second copy has the same Message-ID; all letters on an incident are one thread. */
export const email: ChannelSender<'email'> = {
  paceMs: 0,
  async send(sending, { id: channelId, config }, { mail, publicUrl }) {
    if (!mail) return { kind: 'retry', error: 'no mail server is set: give SMTP_URL' }
    const host = new URL(publicUrl).hostname
    const letter = letterOf(sending, linksOf(publicUrl, sending.projectId))
    const references = threadOf(sending, channelId, host)
    try {
      const { rejected } = await mail.send({ ...letter, to: config.to, messageId: `${sending.id}@${host}`, references })
      return { kind: 'sent', ...(rejected.length > 0 && { receipt: { rejected: rejected.join(', ') } }) }
    } catch (error) {
      return readFault(error)
    }
  },
}

const threadOf = (sending: Sending, channelId: string, host: string) =>
  sending.kind === 'incident' ? `incident_${sending.told.incidentId}_${channelId}@${host}` : undefined

/** What the server refuses for good (5xx, but not that it does not let us in) is not sent again. */
function readFault(error: unknown): Outcome {
  const { message, responseCode, code } = error as Error & { responseCode?: number; code?: string }
  const text = `the mail server: ${message}`
  return code !== 'EAUTH' && responseCode !== undefined && responseCode >= 500
    ? { kind: 'stop', error: text }
    : { kind: 'retry', error: text }
}
