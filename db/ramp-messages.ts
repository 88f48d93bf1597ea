import { eq } from 'drizzle-orm'
import { listChannels } from './alert-channels.ts'
import { routeRamp } from './domain/channels.ts'
import type { ToldRamp } from './domain/ramp-told.ts'
import { quietUntil } from './domain/silences.ts'
import { type Tx, writeMessages } from './outbox.ts'
import { projects } from './schema.ts'

export type RampStepMade = Omit<ToldRamp, 'projectName' | 'revision' | 'at'> & {
  projectId: string
  revision: number
  /** Of the change that the step is: a message's id is made of it, so that no step is told twice. */
  version: number
  now: Date
}

/** Writes the messages that tell a ramp's step, in the transaction of the step. */
export async function tellRamp(tx: Tx, { projectId, version, now, ...step }: RampStepMade): Promise<void> {
  const [project] = await tx.select({ name: projects.name }).from(projects).where(eq(projects.id, projectId))
  const message: ToldRamp = { ...step, projectName: project?.name ?? '', at: now.toISOString() }
  const to = routeRamp(await listChannels({ orm: tx }, projectId), { ...step, metrics: step.about })
  await writeMessages(
    tx,
    to.map(channel => ({
      id: `ramp_${version}_${channel.id}`,
      projectId,
      lane: channel.id,
      kind: 'ramp' as const,
      channelId: channel.id,
      message,
      waitMs: quietUntil(channel.quiet, now).getTime() - now.getTime(),
    })),
  )
}
