import { randomBytes } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { insertDefaultRules } from './alert-rules.ts'
import { largestBudgetUsd, smallestBudgetUsd } from './domain/budget.ts'
import type { Postgres } from './postgres.ts'
import { auditLog, members, projects } from './schema.ts'

export const mostRetentionDays = 3_650

const dayBudget = z.number().min(smallestBudgetUsd).max(largestBudgetUsd).nullable().default(null)
const share = z.number().min(0).max(1)

/** Per-project settings; an empty object gives the defaults of the signal table. */
export const projectSettings = z.object({
  ratingNegativeBelow: share.default(0.4),
  ratingPositiveAbove: share.default(0.6),
  editPositiveUpTo: share.default(0.2),
  editNegativeAbove: share.default(0.5),
  maxQueuedRuns: z.number().int().min(1).max(1_000_000).default(1000),
  maxRunsPerUser: z.number().int().min(1).max(1_000_000).default(20),
  /** US dollars that models may cost in a UTC day: all runs of the project, and those of one user; null is no limit. */
  budgetUsdPerDay: dayBudget,
  userBudgetUsdPerDay: dayBudget,
  /** Whole days that traces, feedback and runs are kept; null is for ever. */
  retentionDays: z.number().int().min(1).max(mostRetentionDays).nullable().default(null),
})
export type ProjectSettings = z.infer<typeof projectSettings>
export type MemberRole = 'owner' | 'admin' | 'member' | 'viewer'

/** A project id is letters and digits only, so that it can stand in a URL, a header and a key. */
export const newProjectId = () => `p${randomBytes(8).toString('hex')}`

export async function createProject(
  postgres: Pick<Postgres, 'orm'>,
  { name, ownerId }: { name: string; ownerId?: string },
): Promise<string> {
  const id = newProjectId()
  await postgres.orm.transaction(async tx => {
    await tx.insert(projects).values({ id, name })
    await insertDefaultRules(tx, id)
    if (ownerId) await tx.insert(members).values({ projectId: id, userId: ownerId, role: 'owner' })
  })
  return id
}

/** Projects the user is a member of, oldest first. */
export function listProjects(postgres: Postgres, userId: string) {
  return postgres.orm
    .select({ id: projects.id, name: projects.name, role: members.role })
    .from(projects)
    .innerJoin(members, eq(members.projectId, projects.id))
    .where(eq(members.userId, userId))
    .orderBy(projects.createdAt)
}

/** The user's role in the project, or undefined when not a member. */
export async function membership(postgres: Postgres, { projectId, userId }: { projectId: string; userId: string }) {
  const [row] = await postgres.orm
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.projectId, projectId), eq(members.userId, userId)))
  return row?.role
}

export async function getProject(postgres: Postgres, projectId: string) {
  const [row] = await postgres.orm.select().from(projects).where(eq(projects.id, projectId))
  return row && { ...row, settings: projectSettings.parse(row.settings) }
}

export async function readSettings(postgres: Postgres, projectId: string): Promise<ProjectSettings> {
  return (await getProject(postgres, projectId))?.settings ?? projectSettings.parse({})
}

/** Changes the name, and those settings that are given; others may be changed by somebody else meanwhile. */
export async function updateProject(
  postgres: Pick<Postgres, 'orm'>,
  projectId: string,
  { name, settings = {} }: { name?: string; settings?: Partial<ProjectSettings> },
) {
  const merged = sql<ProjectSettings>`${projects.settings} || ${JSON.stringify(settings)}::jsonb`
  await postgres.orm.update(projects).set({ name, settings: merged }).where(eq(projects.id, projectId))
}

/** Who did what; `detail` holds the values before and after, never a secret. */
export async function recordAudit(
  postgres: Pick<Postgres, 'orm'>,
  entry: { projectId?: string; userId?: string; action: string; subject?: string; detail?: Record<string, unknown> },
) {
  await postgres.orm.insert(auditLog).values(entry)
}
