import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { writeMessages } from './outbox.ts'
import type { Postgres } from './postgres.ts'

type Orm = Pick<Postgres, 'orm'>

/** Puts a test message into the outbox, for the alert worker to send as it sends all others; answers its id. */
export async function sendTest(
  { orm }: Orm,
  { projectId, channelId }: { projectId: string; channelId: string },
): Promise<string> {
  const id = `test_${randomBytes(6).toString('hex')}_${channelId}`
  await orm.transaction(tx => writeMessages(tx, [{ id, projectId, lane: channelId, kind: 'test', channelId }]))
  return id
}

export type LastMessage = {
  channelId: string
  kind: 'incident' | 'test'
  status: 'waiting' | 'sent' | 'failed'
  error: string | null
  at: Date
  attempts: number
}

/** What became of the newest message to each channel. */
export async function lastMessages({ orm }: Orm, projectId: string): Promise<LastMessage[]> {
  const rows = await orm.execute<{
    channel_id: string
    kind: 'incident' | 'test'
    status: LastMessage['status']
    error: string | null
    at: string
    attempts: number
  }>(sql`
    select distinct on (channel_id) channel_id, kind, status, error, attempts, coalesce(done_at, created_at) as at
    from outbox
    where project_id = ${projectId} and channel_id is not null
    order by channel_id, created_at desc`)
  return rows.map(({ channel_id, at, ...row }) => ({ channelId: channel_id, ...row, at: new Date(at) }))
}
