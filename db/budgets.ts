import { type Budgets, budgetWithoutRoom, type Spent } from './domain/budget.ts'
import type { Postgres } from './postgres.ts'

type Store = Pick<Postgres, 'sql'>
/** Whose budgets a run counts against; null for a run without a user, which only the project's holds for. */
export type Spender = { projectId: string; userId: string | null }

/** Longer than calls last; one that goes on after it counts as spent meanwhile. */
const reservedMs = 15 * 60_000
/** Days are shown only while they last; a call may be settled a while after its own. */
const keptDays = 7

/** The row of `budget_days` that counts a whole project. */
const wholeProject = ''

/**
 * Reserves an amount against both budgets of today, or against neither. Calls of one project stand in line for its row,
 * so that together they never reserve more than is left.
 */
export function reserveSpend(
  { sql }: Store,
  { projectId, userId }: Spender,
  { budgets, nanoUsd }: { budgets: Budgets; nanoUsd: number },
): Promise<{ id: number } | { refused: 'project' | 'user' }> {
  return sql.begin(async tx => {
    // Always in this order, the project's row first, so that no two wait for each other. The update locks and reads.
    const rows = await tx<{ userId: string; nanoUsd: number }[]>`
      insert into budget_days (project_id, day, user_id)
      select ${projectId}, ${today(sql)}, user_id from unnest(${whose(userId)}::text[]) as user_id order by user_id
      on conflict (project_id, day, user_id) do update set nano_usd = budget_days.nano_usd
      returning user_id as "userId", nano_usd as "nanoUsd"`
    const refused = budgetWithoutRoom(budgets, spentOf(rows, userId), nanoUsd)
    if (refused) return { refused }
    const [reserved] = await tx<{ id: number }[]>`
      with counted as (
        update budget_days
        set nano_usd = nano_usd + ${nanoUsd}
        where project_id = ${projectId} and day = ${today(sql)} and user_id = any(${whose(userId)}::text[])
      )
      insert into budget_reservations (project_id, day, user_id, nano_usd, reserved_until)
      values (
        ${projectId}, ${today(sql)}, ${userId ?? wholeProject}, ${nanoUsd},
        now() + make_interval(secs => ${reservedMs / 1000})
      )
      returning id`
    if (!reserved) throw new Error(`nothing was reserved for a call of project ${projectId}`)
    return reserved
  })
}

/**
 * Puts what a call really cost in the place of what was reserved, on the day it was reserved for, however late; false when
 * that was done before. What nobody settles stays counted: a worker that was killed cannot say whether the provider took
 * its call, and a budget must not be overdrawn on the hope that it did not.
 */
export async function settleSpend({ sql }: Store, id: number, nanoUsd: number): Promise<boolean> {
  const { count } = await sql`
    with settled as (
      delete from budget_reservations where id = ${id} returning project_id, day, user_id, nano_usd
    ), held as (
      select days.project_id, days.day, days.user_id, settled.nano_usd as reserved
      from budget_days days
      join settled
        on days.project_id = settled.project_id
        and days.day = settled.day
        and days.user_id in (${wholeProject}, settled.user_id)
      order by days.user_id
      for update of days
    )
    update budget_days days
    set nano_usd = days.nano_usd + ${nanoUsd} - held.reserved
    from held
    where days.project_id = held.project_id and days.day = held.day and days.user_id = held.user_id`
  return count > 0
}

/** What counts today against the budgets, reserved and spent together. */
export async function readSpent({ sql }: Store, { projectId, userId }: Spender): Promise<Spent> {
  const rows = await sql<{ userId: string; nanoUsd: number }[]>`
    select user_id as "userId", nano_usd as "nanoUsd"
    from budget_days
    where project_id = ${projectId} and day = ${today(sql)} and user_id = any(${whose(userId)}::text[])`
  return spentOf(rows, userId)
}

export type SpentToday = { spentNanoUsd: number; reservedNanoUsd: number }

/** What a project has spent and reserved today, and those of its users who spent most. */
export async function readBudgetDay(
  { sql }: Store,
  { projectId, users }: { projectId: string; users: number },
): Promise<{ project: SpentToday; users: ({ userId: string } & SpentToday)[] }> {
  const rows = await sql<({ userId: string } & SpentToday)[]>`
    with reserved as (
      select user_id, sum(nano_usd)::bigint as nano_usd
      from budget_reservations
      where project_id = ${projectId} and day = ${today(sql)} and reserved_until > now()
      group by user_id
    ), counted as (
      select user_id, nano_usd, case user_id
        when ${wholeProject} then (select coalesce(sum(nano_usd), 0)::bigint from reserved)
        else coalesce((select nano_usd from reserved where reserved.user_id = budget_days.user_id), 0)
      end as reserved
      from budget_days
      where project_id = ${projectId} and day = ${today(sql)}
    )
    select user_id as "userId", nano_usd - reserved as "spentNanoUsd", reserved as "reservedNanoUsd"
    from counted
    order by user_id = ${wholeProject} desc, nano_usd - reserved desc, user_id
    limit ${users + 1}`
  const [project] = rows
  if (!project) return { project: { spentNanoUsd: 0, reservedNanoUsd: 0 }, users: [] }
  return { project, users: rows.slice(1) }
}

/** Removes the days, and with them the reservations, that nobody asks for any more. */
export async function removeOldBudgetDays({ sql }: Store): Promise<void> {
  await sql`delete from budget_days where day < ${today(sql)} - ${keptDays}::integer`
}

/** By Postgres' clock: workers' clocks differ, and would let a day's budget be spent twice around midnight. */
const today = (sql: Postgres['sql']) => sql`(now() at time zone 'utc')::date`

const whose = (userId: string | null) => (userId === null ? [wholeProject] : [wholeProject, userId])

const spentOf = (rows: { userId: string; nanoUsd: number }[], userId: string | null): Spent => ({
  project: rows.find(row => row.userId === wholeProject)?.nanoUsd ?? 0,
  user: userId === null ? 0 : (rows.find(row => row.userId === userId)?.nanoUsd ?? 0),
})
