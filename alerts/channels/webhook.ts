import { createHmac } from 'node:crypto'
import type { Told } from '../../db/domain/incident.ts'
import { linksOf, summaryOf, titleOf } from '../words.ts'
import { type ChannelSender, outcomeOf, type Sending, type Tools } from './channel.ts'

/** An HTTP receiver, signed as Standard Webhooks asks: a second copy has the same `webhook-id`. */
export const webhook: ChannelSender<'webhook'> = {
  paceMs: 0,
  async send(sending, { secret }, tools) {
    return postSigned({ id: sending.id, ...secret, payload: payloadOf(sending, tools) }, tools)
  },
}

export type Signed = {
  id: string
  url: string
  signingSecret: string
  payload: { type: string; timestamp: string; data: unknown }
}

export async function postSigned(
  { id, url, signingSecret, payload }: Signed,
  { outbound, now }: Pick<Tools, 'outbound' | 'now'>,
) {
  const body = JSON.stringify(payload)
  const seconds = Math.floor(now.getTime() / 1000)
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature({ id, seconds, body }, signingSecret),
  }
  return outcomeOf(await outbound({ url, headers, body }), now)
}

/** https://www.standardwebhooks.com: HMAC-SHA-256 of `id.timestamp.body` under the decoded secret. */
export function signature(
  { id, seconds, body }: { id: string; seconds: number; body: string },
  secret: string,
): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
}

function payloadOf(sending: Sending, { publicUrl, now }: Tools): Signed['payload'] {
  const { projectId } = sending
  if (sending.kind === 'incident') {
    const { told } = sending
    return {
      type: `incident.${told.kind}`,
      timestamp: told.at,
      data: { project_id: projectId, ...dataOf(told, publicUrl, projectId) },
    }
  }
  if (sending.kind === 'digest')
    return {
      type: 'incident.digest',
      timestamp: now.toISOString(),
      data: { project_id: projectId, incidents: sending.all.map(told => dataOf(told, publicUrl, projectId)) },
    }
  return {
    type: 'test',
    timestamp: now.toISOString(),
    data: { project_id: projectId, project: sending.projectName, channel: sending.channelName },
  }
}

export function dataOf(told: Told, publicUrl: string, projectId: string) {
  const links = linksOf(publicUrl, projectId)
  const { evidence } = told
  return {
    incident_id: told.incidentId,
    kind: told.kind,
    title: titleOf(told),
    summary: summaryOf(told),
    severity: told.severity,
    metric: told.metric,
    rule: told.ruleName,
    workflow: told.scope || null,
    filters: told.filters,
    reason: told.reason,
    started_at: told.startedAt,
    at: told.at,
    value: evidence.current,
    value_before: evidence.baseline,
    relative_change: evidence.relative,
    interval: [evidence.low, evidence.high],
    users: evidence.users,
    window: evidence.window,
    since: evidence.since ?? null,
    segments: evidence.segments,
    traces: evidence.traces.map(trace => ({
      trace_id: trace.traceId,
      at: trace.at,
      why: trace.why,
      url: links.trace(trace.traceId),
    })),
    changes: evidence.changes,
    url: links.incident(told.incidentId),
    traces_url: links.traces(told),
  }
}
