import { and, desc, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { alertSilences } from './alert-tables.ts'
import { type Matcher, type Silence, type Weekly, weekly } from './domain/silences.ts'
import type { Postgres } from './postgres.ts'
import { users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>
type Reader = Pick<Postgres['orm'], 'select'>

const optional = z
  .string()
  .trim()
  .max(200)
  .transform(text => text || undefined)
/** A silence as a form gives it: a time from now on, or a weekly window. */
export const newSilence = z.object({
  matcher: z.object({
    metric: optional.optional(),
    workflow: optional.optional(),
    ruleId: optional.optional(),
    severity: z.enum(['warning', 'page']).optional(),
  }),
  startsAt: z.date(),
  endsAt: z.date().nullable(),
  weekly: weekly.nullable(),
  comment: z.string().trim().max(500, 'The comment is longer than 500 characters.').default(''),
})
export type NewSilence = {
  matcher: Matcher
  startsAt: Date
  endsAt: Date | null
  weekly: Weekly | null
  comment: string
}

/** Silences and mute windows that have not ended, of which some may not have begun. */
export async function liveSilences(reader: Reader, projectId: string, now: Date): Promise<Silence[]> {
  const lasting = or(isNull(alertSilences.endsAt), gt(alertSilences.endsAt, now))
  return reader
    .select()
    .from(alertSilences)
    .where(and(eq(alertSilences.projectId, projectId), lasting))
}

export function listSilences({ orm }: Orm, projectId: string, limit = 200) {
  return orm
    .select({
      id: alertSilences.id,
      matcher: alertSilences.matcher,
      startsAt: alertSilences.startsAt,
      endsAt: alertSilences.endsAt,
      weekly: alertSilences.weekly,
      comment: alertSilences.comment,
      who: users.name,
    })
    .from(alertSilences)
    .leftJoin(users, eq(users.id, alertSilences.createdBy))
    .where(eq(alertSilences.projectId, projectId))
    .orderBy(desc(alertSilences.id))
    .limit(limit)
}

export async function createSilence(
  { orm }: Orm,
  projectId: string,
  silence: NewSilence,
  createdBy?: string,
): Promise<number> {
  const [row] = await orm
    .insert(alertSilences)
    .values({ projectId, ...silence, createdBy })
    .returning({ id: alertSilences.id })
  return row!.id
}

/** Ends a silence now; false when the project has none such that still holds. */
export async function liftSilence({ orm }: Orm, projectId: string, id: number): Promise<boolean> {
  const lasting = or(isNull(alertSilences.endsAt), gt(alertSilences.endsAt, sql`now()`))
  const rows = await orm
    .update(alertSilences)
    .set({ endsAt: sql`now()` })
    .where(and(eq(alertSilences.projectId, projectId), eq(alertSilences.id, id), lasting))
    .returning({ id: alertSilences.id })
  return rows.length > 0
}
