import type { Told } from '../../db/domain/incident.ts'
import { clamp, linksOf, titleOf } from '../words.ts'
import { type ChannelSender, outcomeOf, type Sending, type Tools } from './channel.ts'
import { dataOf } from './webhook.ts'

const actions: Record<Told['kind'], 'trigger' | 'acknowledge' | 'resolve'> = {
  opened: 'trigger',
  reopened: 'trigger',
  escalated: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
}

/** PagerDuty Events v2. An incident has one `dedup_key`, so a second copy changes nothing there. */
export const pagerduty: ChannelSender<'pagerduty'> = {
  paceMs: 0,
  async send(sending, { config, secret }, tools) {
    const body = JSON.stringify({ routing_key: secret.routingKey, ...eventOf(sending, tools) })
    const headers = { 'content-type': 'application/json', 'idempotency-key': sending.id }
    const answer = await tools.outbound({ url: config.api, headers, body })
    // Its documentation: 400 is an event that it will not take, however often.
    if (answer.status === 400) return { kind: 'stop', error: `it refused the event: ${answer.body.slice(0, 300)}` }
    return outcomeOf(answer, tools.now)
  },
}

function eventOf(sending: Sending, { publicUrl, now }: Tools) {
  const links = linksOf(publicUrl, sending.projectId)
  if (sending.kind !== 'incident') {
    const summary = sending.kind === 'test' ? 'Davylamp can reach this service' : `${sending.all.length} alerts`
    return {
      event_action: 'trigger',
      dedup_key: sending.id,
      payload: { summary, source: 'davylamp', severity: 'info', timestamp: now.toISOString() },
    }
  }
  const { told } = sending
  const dedup_key = `davylamp-${sending.projectId}-${told.incidentId}`
  const event_action = actions[told.kind]
  if (event_action !== 'trigger') return { event_action, dedup_key }
  return {
    event_action,
    dedup_key,
    client: 'Davylamp',
    client_url: links.incident(told.incidentId),
    links: [{ href: links.traces(told).slice(0, 2_000), text: 'The traces behind it' }],
    payload: {
      summary: clamp(titleOf(told), 1_024),
      source: clamp(told.projectName || 'davylamp', 200),
      severity: told.severity === 'page' ? 'critical' : 'warning',
      timestamp: told.at,
      component: clamp(told.scope || 'project', 200),
      group: told.metric,
      class: 'quality regression',
      custom_details: { id: sending.id, ...dataOf(told, publicUrl, sending.projectId) },
    },
  }
}
