import { rampTitle } from '../../db/domain/ramp-told.ts'
import type { Outcome } from '../../db/outbox.ts'
import { clamp, linksOf, titleOf } from '../words.ts'
import { type ChannelSender, outcomeOf, type Sending, type Tools } from './channel.ts'
import { type Block, blocksOf, safe } from './slack-blocks.ts'

type Content = { text: string; blocks: Block[] }

/** Answers of Slack's API after which nothing will ever be taken. */
const gone = ['account_inactive', 'token_revoked', 'is_archived', 'channel_is_archived']

/** Of an edit: somebody removed the message, or the workspace lets none be edited that is so old. */
const uneditable = ['message_not_found', 'cant_update_message', 'edit_window_closed']

/**
 * Slack, by an incoming webhook, or by a bot token: then what was posted is edited in place when somebody is at it or it is
 * over. What gets worse or comes back is posted: nobody is notified of an edit.
 */
export const slack: ChannelSender<'slack'> = {
  paceMs: 1_000,
  async send(sending, { config, secret }, tools) {
    const content = contentOf(sending, tools)
    const key = { 'idempotency-key': sending.id }
    if ('url' in secret) return viaWebhook(secret.url, content, key, tools)
    const posted =
      sending.kind === 'incident' && ['acknowledged', 'resolved'].includes(sending.told.kind)
        ? await tools.lastReceipt(sending.told.incidentId)
        : undefined
    const metadata = { event_type: 'davylamp_alert', event_payload: { id: sending.id } }
    const headers = { ...key, authorization: `Bearer ${secret.token}` }
    const call = (method: string, place: object) =>
      viaBot(`${config.api}/${method}`, { ...place, ...content, metadata }, headers, tools)
    if (posted?.ts && posted.channel) {
      const { outcome, error } = await call('chat.update', { ts: posted.ts, channel: posted.channel })
      if (!uneditable.includes(error)) return outcome
    }
    return (await call('chat.postMessage', { channel: config.channel })).outcome
  },
}

function contentOf(sending: Sending, { publicUrl }: Tools): Content {
  const blocks = blocksOf(sending, linksOf(publicUrl, sending.projectId))
  if (sending.kind === 'incident') return { text: safe(titleOf(sending.told)), blocks }
  if (sending.kind === 'ramp') return { text: safe(rampTitle(sending.told)), blocks }
  if (sending.kind === 'digest') return { text: `${sending.all.length} alerts`, blocks }
  return { text: `Davylamp can write to this channel (${safe(clamp(sending.projectName, 200))}).`, blocks }
}

type Headers = Record<string, string>

async function viaWebhook(url: string, content: Content, headers: Headers, { outbound, now }: Tools): Promise<Outcome> {
  const body = JSON.stringify(content)
  return outcomeOf(await outbound({ url, headers: { ...headers, 'content-type': 'application/json' }, body }), now)
}

/** The outcome, and the word by which Slack's API names what was wrong. */
async function viaBot(
  url: string,
  content: object,
  headers: Headers,
  { outbound, now }: Tools,
): Promise<{ outcome: Outcome; error: string }> {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const answer = await outbound({ url, headers: { ...headers, ...type }, body: JSON.stringify(content) })
  const outcome = outcomeOf(answer, now)
  if (outcome.kind !== 'sent') return { outcome, error: '' }
  const said = readAnswer(answer.body)
  if (said.ok) {
    const receipt = { channel: String(said.channel ?? ''), ts: String(said.ts ?? '') }
    return { outcome: { kind: 'sent', receipt }, error: '' }
  }
  const error = String(said.error ?? '')
  const told = `Slack answered ${error || answer.body.slice(0, 200)}`
  return {
    outcome: gone.includes(error) ? { kind: 'stop', error: told, gone: true } : { kind: 'retry', error: told },
    error,
  }
}

function readAnswer(body: string): { ok?: boolean; error?: unknown; channel?: unknown; ts?: unknown } {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}
