import { randomBytes } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import { alertChannels } from './alert-tables.ts'
import {
  type ChannelKind,
  type ConfigOf,
  channels,
  type QuietHours,
  type Route,
  type SecretOf,
} from './domain/channels.ts'
import type { Postgres } from './postgres.ts'
import { openSealed, seal } from './sealed.ts'

type Orm = Pick<Postgres, 'orm'>
export type StoredChannel = typeof alertChannels.$inferSelect
/** A channel with what it may be shown with: its sealed part stays in the store. */
export type Channel = Omit<StoredChannel, 'sealed'>

export type ChannelFields<K extends ChannelKind = ChannelKind> = {
  name: string
  kind: K
  config: ConfigOf<K>
  /** Undefined keeps what is there. */
  secret?: SecretOf<K>
  route: Route
  quiet: QuietHours | null
}

const shown = {
  id: alertChannels.id,
  projectId: alertChannels.projectId,
  name: alertChannels.name,
  kind: alertChannels.kind,
  config: alertChannels.config,
  route: alertChannels.route,
  quiet: alertChannels.quiet,
  enabled: alertChannels.enabled,
  broken: alertChannels.broken,
  createdBy: alertChannels.createdBy,
  createdAt: alertChannels.createdAt,
  updatedAt: alertChannels.updatedAt,
}

export function listChannels({ orm }: { orm: Pick<Postgres['orm'], 'select'> }, projectId: string): Promise<Channel[]> {
  return orm
    .select(shown)
    .from(alertChannels)
    .where(eq(alertChannels.projectId, projectId))
    .orderBy(asc(alertChannels.createdAt))
}

export async function createChannel(
  { orm }: Orm,
  projectId: string,
  { secret, ...fields }: ChannelFields & { secret: SecretOf<ChannelKind> },
  { instanceSecret, createdBy }: { instanceSecret: string; createdBy?: string },
): Promise<string> {
  const id = `ch_${randomBytes(8).toString('hex')}`
  const sealed = seal(JSON.stringify(secret), instanceSecret, id)
  await orm.insert(alertChannels).values({ ...fields, id, projectId, sealed, createdBy })
  return id
}

/** Changes a channel, which also gives one that was broken another try; false when the project has none such. */
export async function updateChannel(
  { orm }: Orm,
  { projectId, id }: { projectId: string; id: string },
  { secret, ...fields }: Partial<ChannelFields> & { enabled?: boolean },
  instanceSecret: string,
): Promise<boolean> {
  const sealed = secret && seal(JSON.stringify(secret), instanceSecret, id)
  const rows = await orm
    .update(alertChannels)
    .set({ ...fields, ...(sealed && { sealed }), broken: null, updatedAt: sql`now()` })
    .where(and(eq(alertChannels.projectId, projectId), eq(alertChannels.id, id)))
    .returning({ id: alertChannels.id })
  return rows.length > 0
}

export async function deleteChannel(
  { orm }: Orm,
  { projectId, id }: { projectId: string; id: string },
): Promise<boolean> {
  const own = and(eq(alertChannels.projectId, projectId), eq(alertChannels.id, id))
  const rows = await orm.delete(alertChannels).where(own).returning({ id: alertChannels.id })
  return rows.length > 0
}

/** The channel with its secret opened, for those who send. Throws a sentence when it cannot be opened. */
export async function openChannel({ orm }: Orm, id: string, secrets: readonly string[]) {
  const [row] = await orm.select().from(alertChannels).where(eq(alertChannels.id, id))
  if (!row) return undefined
  const { sealed, ...channel } = row
  return { ...channel, secret: channels[channel.kind].secret.parse(JSON.parse(openSealed(sealed, secrets, id))) }
}
