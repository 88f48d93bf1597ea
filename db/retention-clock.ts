import { dayMs } from './domain/time.ts'
import { writeMark } from './marks.ts'
import type { Postgres } from './postgres.ts'

/** The mark of the latest time that a project's removals went by. */
const clockMark = (projectId: string) => `retention.clock.${projectId}`

/** More than a long weekend: a clock so far ahead of the last removals may be wrong, and what is removed is gone. */
export const doubtedAheadMs = 4 * dayMs
/** So long a doubted clock is given to be set right, as a machine does that starts with a wrong one. */
export const heldMs = 6 * 60 * 60_000

export type RetentionClock = { now: Date; lastSeen: Date | null; isDoubted: boolean }

/** The time that a project's removals go by: Postgres', which is one for all processes. */
export async function readClock({ sql }: Pick<Postgres, 'sql'>, projectId: string): Promise<RetentionClock> {
  const [row] = await sql<{ now: Date; lastSeen: Date | null }[]>`
    select now() as now, (select at from marks where name = ${clockMark(projectId)}) as "lastSeen"`
  if (!row) throw new Error('Postgres did not tell the time')
  const { now, lastSeen } = row
  return { now, lastSeen, isDoubted: lastSeen !== null && now.getTime() - lastSeen.getTime() > doubtedAheadMs }
}

/** Says that the clock was right at least up to now: removals went by it, or a person who saw its date says so. */
export async function trustClock(postgres: Pick<Postgres, 'sql'>, projectId: string): Promise<void> {
  const { now } = await readClock(postgres, projectId)
  await writeMark(postgres, clockMark(projectId), now)
}
