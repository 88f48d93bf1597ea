import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openChannel } from '../db/alert-channels.ts'
import type { Told } from '../db/domain/incident.ts'
import type { ToldRamp } from '../db/domain/ramp-told.ts'
import { openOutbound, RefusedUrlError, type Resolve } from '../db/outbound.ts'
import { type Batch, lastReceipt, type Outcome, settleBatch, takeBatch } from '../db/outbox.ts'
import { getProject } from '../db/projects.ts'
import type { Services } from '../db/services.ts'
import type { ChannelSender, Sending, Tools } from './channels/channel.ts'
import { email } from './channels/email.ts'
import { pagerduty } from './channels/pagerduty.ts'
import { slack } from './channels/slack.ts'
import { webhook } from './channels/webhook.ts'
import { sendRunEnd } from './run-webhook.ts'

export type SenderTimes = {
  /** How often to look for something due. */
  pollMs: number
  /** Longer than any sending takes: a destination is its taker's for so long. */
  leaseMs: number
  /** How long the database has to answer: a driver that lost its connection may never do. */
  answerMs: number
  firstRetryMs: number
  longestRetryMs: number
}
export const senderTimes: SenderTimes = {
  pollMs: 1_000,
  leaseMs: 60_000,
  answerMs: 15_000,
  firstRetryMs: 10_000,
  longestRetryMs: 3_600_000,
}

type SenderServices = Pick<Services, 'config' | 'postgres' | 'mail' | 'secret' | 'secrets' | 'log'>
const senders = { slack, email, webhook, pagerduty } satisfies { [kind: string]: unknown }
const lanesAtOnce = 4

/**
 * Sends what is in the outbox, several destinations at a time, until it is stopped. A message goes out at least once: it is
 * marked as sent after the receiver took it, so a process that dies between the two sends it again, under the same id.
 */
export function startSender(
  services: SenderServices,
  { times = senderTimes, resolve }: { times?: SenderTimes; resolve?: Resolve } = {},
): { stop(): Promise<void> } {
  const { config, postgres, log } = services
  const stopping = new AbortController()
  const outbound = openOutbound({ allowPrivate: config.allowPrivateAddresses, resolve })
  const tools = { outbound, mail: services.mail, publicUrl: config.publicUrl }

  async function lane() {
    while (!stopping.signal.aborted) {
      const worked = await sendNext().catch(error => {
        log.warn('cannot send what is in the outbox; it is tried again', { error })
        return false
      })
      if (!worked) await delay(times.pollMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function sendNext(): Promise<boolean> {
    const batch = await answered(takeBatch(postgres, times.leaseMs), times.answerMs)
    if (!batch) return false
    // By then another takes it; a lane that went on waiting for a database that lost its question would wait for ever.
    const { outcome, paceMs } = await answered(sendBatch(services, batch, tools), times.leaseMs, 'a message')
    if (outcome.kind !== 'sent') log.warn('a message was not taken', { id: batch.id, error: outcome.error })
    await settle(batch, outcome, paceMs)
    return true
  }

  /** That it was sent must be written down: without that it would be sent again. */
  async function settle(batch: Batch, outcome: Outcome, paceMs: number) {
    const until = Date.now() + times.leaseMs
    const attempts = batch.rows[0]?.attempts ?? 1
    const waitMs = outcome.kind === 'retry' ? (outcome.afterMs ?? retryMs(batch.id, attempts, times)) : 0
    for (let tries = 0; ; tries++) {
      try {
        return await answered(settleBatch(postgres, batch, outcome, { waitMs, paceMs }), times.answerMs)
      } catch (error) {
        if (Date.now() > until || stopping.signal.aborted) throw error
        await delay(Math.min(100 * 2 ** tries, 2_000), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const lanes = Array.from({ length: lanesAtOnce }, lane)
  return {
    async stop() {
      stopping.abort()
      await Promise.race([Promise.all(lanes), delay(3_000, undefined, { ref: false })])
    },
  }
}

function answered<T>(work: Promise<T>, ms: number, what = 'the database'): Promise<T> {
  const late = delay(ms, undefined, { ref: false }).then(() => {
    throw new Error(`${what} took longer than ${ms / 1000} s`)
  })
  return Promise.race([work, late])
}

/** Doubles from try to try, up to an hour, each time a little earlier, by the id, so that not all come at once. */
export function retryMs(
  id: string,
  attempts: number,
  { firstRetryMs, longestRetryMs }: Pick<SenderTimes, 'firstRetryMs' | 'longestRetryMs'>,
): number {
  const full = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(30, attempts - 1))
  const spread = createHash('sha256').update(`${id}:${attempts}`).digest().readUInt16BE() / 65_536
  return full * (0.75 + 0.25 * spread)
}

async function sendBatch(
  services: SenderServices,
  batch: Batch,
  tools: Pick<Tools, 'outbound' | 'mail' | 'publicUrl'>,
): Promise<{ outcome: Outcome; paceMs: number }> {
  const head = batch.rows[0]!
  const now = new Date()
  try {
    if (head.kind === 'run') return { outcome: await sendRunEnd(services, head, { ...tools, now }), paceMs: 0 }
    const channel = await openChannel(services.postgres, head.channelId ?? '', services.secrets)
    if (!channel?.enabled) return { outcome: { kind: 'stop', error: 'the channel is switched off' }, paceMs: 0 }
    const sender = senders[channel.kind] as ChannelSender<typeof channel.kind>
    const receipts = { lastReceipt: (incidentId: number) => lastReceipt(services.postgres, incidentId, channel.id) }
    const sending = await sendingOf(services, batch, channel.name)
    const outcome = await sender.send(sending, channel as Parameters<typeof sender.send>[1], {
      ...tools,
      ...receipts,
      now,
    })
    return { outcome, paceMs: sender.paceMs }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return {
      outcome: error instanceof RefusedUrlError ? { kind: 'stop', error: text } : { kind: 'retry', error: text },
      paceMs: 0,
    }
  }
}

async function sendingOf({ postgres }: SenderServices, { id, rows }: Batch, channelName: string): Promise<Sending> {
  const { projectId, kind } = rows[0]!
  if (kind === 'test')
    return {
      id,
      projectId,
      kind: 'test',
      channelName,
      projectName: (await getProject(postgres, projectId))?.name ?? '',
    }
  if (kind === 'ramp') return { id, projectId, kind, told: rows[0]!.message as ToldRamp }
  const all = rows.map(row => row.message as Told)
  return rows.length > 1 ? { id, projectId, kind: 'digest', all } : { id, projectId, kind: 'incident', told: all[0]! }
}
