import { rampTitle } from '../../db/domain/ramp-told.ts'
import type { Outcome } from '../../db/outbox.ts'
import { clamp, linksOf, titleOf } from '../words.ts'
import { type ChannelSender, outcomeOf, type Sending, type Tools } from './channel.ts'
import { type Block, blocksOf, safe } from './slack-blocks.ts'

type Content = { text: string; blocks: Block[] }

/** Answers of Slack's API after which nothing will ever be taken. */
const gone = ['account_inactive', 'token_revoked', 'is_archived', 'channel_is_archived']

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
    const place =
      posted?.ts && posted.channel ? { ts: posted.ts, channel: posted.channel } : { channel: config.channel }
    const method = 'ts' in place ? 'chat.update' : 'chat.postMessage'
    const body = { ...place, ...content, metadata: { event_type: 'davylamp_alert', event_payload: { id: sending.id } } }
    return viaBot(`${config.api}/${method}`, body, { ...key, authorization: `Bearer ${secret.token}` }, tools)
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

async function viaBot(url: string, content: object, headers: Headers, { outbound, now }: Tools): Promise<Outcome> {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const answer = await outbound({ url, headers: { ...headers, ...type }, body: JSON.stringify(content) })
  const outcome = outcomeOf(answer, now)
  if (outcome.kind !== 'sent') return outcome
  const said = readAnswer(answer.body)
  if (said.ok) return { kind: 'sent', receipt: { channel: String(said.channel ?? ''), ts: String(said.ts ?? '') } }
  const error = `Slack answered ${said.error ?? answer.body.slice(0, 200)}`
  return gone.includes(String(said.error)) ? { kind: 'stop', error, gone: true } : { kind: 'retry', error }
}

function readAnswer(body: string): { ok?: boolean; error?: unknown; channel?: unknown; ts?: unknown } {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}
