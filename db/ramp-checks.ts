import { and, eq, sql } from 'drizzle-orm'
import type { StageVerdict } from './domain/flags/ramp-step.ts'
import { flagItems, rampChecks } from './flag-schema.ts'
import type { Postgres } from './postgres.ts'

type Orm = Pick<Postgres, 'orm'>

/** Notes what was last said of a running ramp's stage. */
export async function writeRampCheck(
  { orm }: Orm,
  { projectId, key, verdict }: { projectId: string; key: string; verdict: StageVerdict },
): Promise<void> {
  const said = { ...verdict, numbers: verdict.numbers ?? null, at: sql`now()` }
  await orm
    .insert(rampChecks)
    .values({ projectId, key, ...said })
    .onConflictDoUpdate({ target: [rampChecks.projectId, rampChecks.key], set: said })
}

export async function readRampCheck({ orm }: Orm, { projectId, key }: { projectId: string; key: string }) {
  const [row] = await orm
    .select({
      verdict: rampChecks.verdict,
      reason: rampChecks.reason,
      numbers: rampChecks.numbers,
      at: rampChecks.at,
    })
    .from(rampChecks)
    .where(and(eq(rampChecks.projectId, projectId), eq(rampChecks.key, key)))
  return row
}

/** Flags of all projects whose ramp runs. */
export async function listRamping({ orm }: Orm): Promise<{ projectId: string; key: string; revision: number }[]> {
  const rows = await orm
    .select({ projectId: flagItems.projectId, key: flagItems.key, revision: flagItems.revision })
    .from(flagItems)
    .where(and(eq(flagItems.kind, 'flag'), sql`${flagItems.doc} #>> '{ramp,state}' = 'running'`))
    .orderBy(flagItems.id)
  return rows.flatMap(({ projectId, ...rest }) => (projectId === null ? [] : [{ projectId, ...rest }]))
}
