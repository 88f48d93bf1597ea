import { and, desc, eq, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { ItemKind } from './domain/flags/item.ts'
import { flagChanges, flagItems } from './flag-schema.ts'
import { type Author, type ItemRef, type Saved, saveItem } from './flags.ts'
import type { Postgres } from './postgres.ts'
import { users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>

export type FlagChange = Awaited<ReturnType<typeof listChanges>>[number]

/** Changes of one item, or with no key of all of a project, newest first; `before` is a version: the next page. */
export function listChanges(
  { orm }: Orm,
  which: { projectId: string | null; kind?: ItemKind; key?: string; before?: number; limit?: number },
) {
  const conditions: (SQL | undefined)[] = [
    which.projectId === null ? isNull(flagChanges.projectId) : eq(flagChanges.projectId, which.projectId),
    which.kind && eq(flagChanges.kind, which.kind),
    which.key !== undefined ? eq(flagChanges.key, which.key) : undefined,
    which.before !== undefined ? lt(flagChanges.version, which.before) : undefined,
  ]
  return orm
    .select({
      version: flagChanges.version,
      kind: flagChanges.kind,
      key: flagChanges.key,
      revision: flagChanges.revision,
      before: flagChanges.before,
      after: flagChanges.after,
      madeBy: flagChanges.madeBy,
      who: users.name,
      why: flagChanges.why,
      numbers: flagChanges.numbers,
      at: flagChanges.at,
    })
    .from(flagChanges)
    .leftJoin(users, eq(users.id, flagChanges.userId))
    .where(and(...conditions))
    .orderBy(desc(flagChanges.version))
    .limit(which.limit ?? 50)
}

/** The items of a project as they are now, with when and by whom each was last changed; removed ones are left out. */
export function listItems({ orm }: Orm, projectId: string, kind: ItemKind) {
  return orm
    .select({
      key: flagItems.key,
      doc: flagItems.doc,
      revision: flagItems.revision,
      version: flagItems.version,
      changedAt: flagChanges.at,
      madeBy: flagChanges.madeBy,
      who: users.name,
    })
    .from(flagItems)
    .innerJoin(flagChanges, eq(flagChanges.version, flagItems.version))
    .leftJoin(users, eq(users.id, flagChanges.userId))
    .where(and(eq(flagItems.projectId, projectId), eq(flagItems.kind, kind), sql`${flagItems.doc} is not null`))
    .orderBy(flagItems.key)
}

/** One item as it is now; `doc` is null where it was removed, undefined where there never was one. */
export async function readItem({ orm }: Orm, { projectId, kind, key }: ItemRef) {
  const [row] = await orm
    .select({ revision: flagItems.revision, version: flagItems.version, doc: flagItems.doc })
    .from(flagItems)
    .where(
      and(
        projectId === null ? isNull(flagItems.projectId) : eq(flagItems.projectId, projectId),
        eq(flagItems.kind, kind),
        eq(flagItems.key, key),
      ),
    )
  return row
}

/** Puts an item back to what it was before a change of it; a ramp that ran then stands still. Refused like any edit. */
export async function revertChange(
  postgres: Orm,
  { projectId, version, from, author }: { projectId: string; version: number; from?: number; author: Author },
): Promise<Saved | { ok: false; refused: 'unknown'; message: string }> {
  const [change] = await postgres.orm
    .select()
    .from(flagChanges)
    .where(and(eq(flagChanges.projectId, projectId), eq(flagChanges.version, version)))
  if (!change) return { ok: false, refused: 'unknown', message: `There is no change ${version} in this project.` }
  const { kind, key, before, revision } = change
  const why = `Reverted revision ${revision}`
  return saveItem(postgres, { projectId, kind, key, from, author, why, change: () => standing(before) })
}

/** A change back must not set a ramp going that nobody started now. */
function standing(doc: unknown) {
  const ramp = doc && typeof doc === 'object' && 'ramp' in doc ? doc.ramp : undefined
  const runs = ramp && typeof ramp === 'object' && 'state' in ramp && ramp.state === 'running'
  return runs ? { ...(doc as object), ramp: { ...ramp, state: 'paused', because: 'reverted by hand' } } : doc
}

export type CanaryStage = {
  from: Date
  to: Date | undefined
  state: string
  share: number
  by: string
  version: number
}

/**
 * When a workflow flag served its canary at which share, from its history: intervals oldest first, since a moment.
 * What compares cohorts needs these, since only within them the control is a concurrent one.
 */
export async function canaryStages({ orm }: Orm, { projectId, key }: { projectId: string; key: string }) {
  const rows = await orm
    .select({
      version: flagChanges.version,
      at: flagChanges.at,
      after: flagChanges.after,
      madeBy: flagChanges.madeBy,
      who: users.name,
    })
    .from(flagChanges)
    .leftJoin(users, eq(users.id, flagChanges.userId))
    .where(and(eq(flagChanges.projectId, projectId), eq(flagChanges.key, key), inArray(flagChanges.kind, ['flag'])))
    .orderBy(flagChanges.version)
  const stages: CanaryStage[] = []
  for (const { version, at, after, madeBy, who } of rows) {
    const { state = 'removed', share = 0 } = (after ?? {}) as { state?: string; share?: number }
    const last = stages.at(-1)
    const canary = state === 'canary' ? share : 0
    if (last && last.state === state && last.share === canary) continue
    if (last) last.to = at
    stages.push({
      from: at,
      to: undefined,
      state,
      share: canary,
      by: madeBy === 'ramp' ? 'the ramp' : (who ?? ''),
      version,
    })
  }
  return stages
}
