import { z } from 'zod'
import type { Answer, Caught, Handler } from './catcher.ts'

const event = z.discriminatedUnion('event_action', [
  z.object({
    event_action: z.literal('trigger'),
    routing_key: z.string(),
    dedup_key: z.string().max(255),
    payload: z.object({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
    }),
  }),
  z.object({ event_action: z.literal('acknowledge'), routing_key: z.string(), dedup_key: z.string() }),
  z.object({ event_action: z.literal('resolve'), routing_key: z.string(), dedup_key: z.string() }),
])

export const routingKey = 'a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6'

/** Answers as PagerDuty's Events API v2 does, and keeps each alert's state by its dedup_key. */
export function asPagerDuty(): {
  handler: Handler
  alerts: Map<string, { state: string; triggers: number; summary: string }>
} {
  const alerts = new Map<string, { state: string; triggers: number; summary: string }>()
  const handler = ({ body }: Caught): Answer => {
    const parsed = event.safeParse(JSON.parse(body))
    if (!parsed.success || parsed.data.routing_key !== routingKey)
      return { status: 400, body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid' }) }
    const { event_action, dedup_key } = parsed.data
    const known = alerts.get(dedup_key) ?? { state: '', triggers: 0, summary: '' }
    if (event_action === 'trigger')
      alerts.set(dedup_key, { state: 'triggered', triggers: known.triggers + 1, summary: parsed.data.payload.summary })
    else alerts.set(dedup_key, { ...known, state: event_action === 'resolve' ? 'resolved' : 'acknowledged' })
    return { status: 202, body: JSON.stringify({ status: 'success', dedup_key }) }
  }
  return { handler, alerts }
}
