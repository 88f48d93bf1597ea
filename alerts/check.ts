import { type Incident, readStanding, recordVerdict } from '../db/alerts.ts'
import { type Decision, decide, type Observation } from '../db/domain/alerts.ts'
import { metricById } from '../db/domain/metrics.ts'
import { type Change, compareWindows, interval } from '../db/domain/week-over-week.ts'
import type { Services } from '../db/services.ts'
import { readWeeks, type WatchedMetric, watchedMetrics } from '../db/week-over-week.ts'

type Stores = Pick<Services, 'clickhouse' | 'postgres'>

/** Compares one metric of a project with the week before and records what follows from it. */
export async function checkMetric(
  { clickhouse, postgres }: Stores,
  { projectId, metric, now }: { projectId: string; metric: WatchedMetric; now: Date },
): Promise<Decision> {
  const weeks = await readWeeks(clickhouse, { projectId, metric, now })
  const change = compareWindows(weeks)
  const { worse } = metricById(metric)
  const seen: Observation = {
    worse: worse === 'down' ? 'down' : 'up',
    change,
    currentUsers: weeks.current.users,
    baselineUsers: weeks.baseline.users,
    baselineEvents: isShare(metric) ? weeks.baseline.m : weeks.baseline.d,
  }
  const before = await readStanding(postgres, { projectId, metric })
  const decision = decide(before, seen)
  const evidence = change && describe(change, weeks.current.users)
  await recordVerdict(postgres, { projectId, metric, before, decision, evidence, now })
  return decision
}

/** Checks every watched metric of a project, one after the other: a heavy query at a time. */
export async function checkProject(
  stores: Stores,
  projectId: string,
  now: Date,
): Promise<Record<WatchedMetric, Decision>> {
  const decisions = {} as Record<WatchedMetric, Decision>
  for (const metric of watchedMetrics) decisions[metric] = await checkMetric(stores, { projectId, metric, now })
  return decisions
}

const isShare = (metric: WatchedMetric) => metricById(metric).unit === 'share'

function describe(change: Change, users: number): Incident['evidence'] {
  const [low, high] = interval(change)
  return { current: change.current, baseline: change.baseline, relative: change.relative, low, high, users }
}
