import { randomBytes } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { alertBacktests } from './alert-tables.ts'
import { type AlertRule, alertRule } from './domain/alert-rule.ts'
import { alertStates } from './domain/alerts.ts'
import type { Postgres } from './postgres.ts'

type Orm = Pick<Postgres, 'orm'>

const look = z.object({
  /** ISO: end of the window that was looked at. */
  at: z.string(),
  state: z.enum(alertStates),
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})
export type BacktestLook = z.output<typeof look>

/** What a rule would have done on the project's history, for each workflow it stands for. */
export const backtestResult = z.object({
  from: z.string(),
  to: z.string(),
  alarmsPerMonth: z.number(),
  scopes: z.array(
    z.object({
      scope: z.string(),
      looks: z.array(look),
      alarms: z.array(
        z.object({
          from: z.string(),
          to: z.string().nullable(),
          severity: z.enum(['warning', 'page']),
          relative: z.number(),
        }),
      ),
    }),
  ),
})
export type BacktestResult = z.output<typeof backtestResult>
export type Backtest = {
  id: string
  projectId: string
  rule: AlertRule
  status: 'queued' | 'running' | 'done' | 'failed'
  done: number
  total: number
  error: string | null
  result: BacktestResult | null
}

export async function createBacktest(
  { orm }: Orm,
  projectId: string,
  rule: AlertRule,
  createdBy?: string,
): Promise<string> {
  const id = `bt_${randomBytes(8).toString('hex')}`
  await orm.insert(alertBacktests).values({ id, projectId, rule, createdBy })
  return id
}

export async function getBacktest({ orm }: Orm, projectId: string, id: string): Promise<Backtest | undefined> {
  const [row] = await orm
    .select()
    .from(alertBacktests)
    .where(and(eq(alertBacktests.projectId, projectId), eq(alertBacktests.id, id)))
  return row && read(row)
}

/** Takes a backtest that waits, or whose worker died; it is the taker's for `leaseMs` from each progress on. */
export async function takeBacktest({ orm }: Orm, leaseMs: number): Promise<Backtest | undefined> {
  const [found] = await orm.execute<{ id: string }>(sql`
    update alert_backtests set status = 'running', done = 0, taken_until = now() + make_interval(secs => ${leaseMs / 1000})
    where id = (
      select id from alert_backtests
      where status in ('queued', 'running') and taken_until <= now()
      order by created_at
      limit 1
      for update skip locked
    )
    returning id`)
  if (!found) return undefined
  const [row] = await orm.select().from(alertBacktests).where(eq(alertBacktests.id, found.id))
  return row && read(row)
}

export async function tellProgress(
  { orm }: Orm,
  id: string,
  progress: { done: number; total: number },
  leaseMs: number,
): Promise<void> {
  const takenUntil = sql`now() + make_interval(secs => ${leaseMs / 1000})`
  await orm
    .update(alertBacktests)
    .set({ ...progress, takenUntil })
    .where(and(eq(alertBacktests.id, id), eq(alertBacktests.status, 'running')))
}

export async function endBacktest(
  { orm }: Orm,
  id: string,
  end: { status: 'done'; result: BacktestResult } | { status: 'failed'; error: string } | { status: 'queued' },
) {
  await orm
    .update(alertBacktests)
    .set({ ...end, takenUntil: sql`now()` })
    .where(eq(alertBacktests.id, id))
  await orm.execute(sql`delete from alert_backtests where created_at < now() - interval '30 days'`)
}

function read(row: typeof alertBacktests.$inferSelect): Backtest {
  const { id, projectId, status, done, total, error } = row
  return {
    id,
    projectId,
    status,
    done,
    total,
    error,
    rule: alertRule.parse(row.rule),
    result: row.result ? backtestResult.parse(row.result) : null,
  }
}
