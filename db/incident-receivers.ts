import { and, eq, inArray, sql } from 'drizzle-orm'
import { type Channel, listChannels } from './alert-channels.ts'
import { outbox } from './alert-tables.ts'
import type { Severity } from './domain/alert-rule.ts'
import { routeTo } from './domain/channels.ts'
import type { Told } from './domain/incident.ts'
import { silencedBy } from './domain/silences.ts'
import type { Incident } from './incident-events.ts'
import type { Tx } from './outbox.ts'
import { liveSilences } from './silences.ts'

type Receivers = { to: Channel[]; untold?: string }

/**
 * Who is told that it is so, or why nobody is. A channel that was told of the incident that it is part of, as of no less,
 * needs not be told of the part; what is owed goes to those who were not told yet.
 */
export async function receiversOf(
  tx: Tx,
  incident: Incident,
  parent: number | undefined,
  { now, owed }: { now: Date; owed?: boolean },
): Promise<Receivers> {
  const { id, projectId, channels, severity } = incident
  const taking = routeTo(await listChannels({ orm: tx }, projectId), channels, incident)
  const known = [...(parent ? [parent] : []), ...(owed ? [id] : [])]
  const knowing = new Set((await Promise.all(known.map(each => channelsKnowing(tx, each, severity)))).flat())
  const to = taking.filter(channel => !knowing.has(channel.id))
  if (to.length === 0 && parent) return { to, untold: `part of incident ${parent}, which says it of more` }
  const silenced = silencedBy(await liveSilences(tx, projectId, now), incident, now)
  const untold = silenced ?? (to.length === 0 ? 'no channel takes it' : undefined)
  return { to, untold }
}

/** Who was told that it began is told what became of it. */
export async function followersOf(tx: Tx, incident: Incident, told: Told['kind']): Promise<Receivers> {
  if (!incident.told) return { to: [], untold: 'nobody was told that it began' }
  const rows = await tx
    .selectDistinct({ id: outbox.channelId })
    .from(outbox)
    .where(and(eq(outbox.incidentId, incident.id), inArray(outbox.status, ['waiting', 'sent'])))
  const ids = new Set(rows.map(row => row.id))
  const all = await listChannels({ orm: tx }, incident.projectId)
  const to = all.filter(
    channel => ids.has(channel.id) && channel.enabled && (told !== 'acknowledged' || keepsState(channel)),
  )
  return { to }
}

/** Channels to which was written, since it last began, that an incident is so severe. */
async function channelsKnowing(tx: Tx, incidentId: number, severity: Severity): Promise<(string | null)[]> {
  const began = sql`(select coalesce(max(e.n), 0) from incident_events e
    where e.incident_id = ${incidentId} and e.kind in ('opened', 'reopened'))`
  const rows = await tx
    .selectDistinct({ id: outbox.channelId })
    .from(outbox)
    .where(
      and(
        eq(outbox.incidentId, incidentId),
        sql`${outbox.event} >= ${began}`,
        sql`${outbox.message} ->> 'kind' in ('opened', 'reopened', 'escalated')`,
        severity === 'page' ? sql`${outbox.message} ->> 'severity' = 'page'` : undefined,
      ),
    )
  return rows.map(row => row.id)
}

/** Where an acknowledgement changes what is there already; elsewhere it would be one more message. */
const keepsState = ({ kind, config }: Channel) =>
  kind === 'pagerduty' || kind === 'webhook' || (kind === 'slack' && 'by' in config && config.by === 'bot')
