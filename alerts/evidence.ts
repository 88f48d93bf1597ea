import { listChanges } from '../db/changes.ts'
import { type SegmentDimension, scopeFilters, segmentDimensions, worseDirection } from '../db/domain/alert-rule.ts'
import { type Evidence, incidentFilters, type SegmentShare } from '../db/domain/incident.ts'
import { metricById } from '../db/domain/metrics.ts'
import { carriersOf } from '../db/domain/mix-shift.ts'
import { onsetOf } from '../db/domain/onset.ts'
import { dayMs } from '../db/domain/time.ts'
import type { TraceFilters } from '../db/domain/trace-filters.ts'
import { metricSeries } from '../db/metrics.ts'
import { readSegments } from '../db/mix-shift.ts'
import type { Services } from '../db/services.ts'
import { userSums } from '../db/week-over-week.ts'
import { worstTraces } from '../db/worst-traces.ts'
import { type WatchedRule, windowsOf } from './observe.ts'

type Stores = Pick<Services, 'clickhouse' | 'postgres'>
type Numbers = Omit<Evidence, 'segments' | 'traces' | 'changes' | 'since'>

/** Gathers once what the people who are told will ask: since when, who carries it, the worst traces, what changed. */
export async function gatherEvidence(
  stores: Stores,
  rule: WatchedRule,
  scope: string,
  end: Date,
  numbers: Numbers,
): Promise<Evidence> {
  const { clickhouse } = stores
  const [from, to] = [new Date(numbers.window.split), new Date(numbers.window.to)]
  const filters = scopeFilters(rule, scope)
  const set = { projectId: rule.projectId, from, to, filters }
  const changed = { projectId: rule.projectId, from: new Date(from.getTime() - dayMs), to, workflow: scope }
  const [segments, since, changes] = await Promise.all([
    findCarriers(stores, rule, scope, end),
    findOnset(stores, rule, set, numbers),
    listChanges(stores, changed),
  ])
  const narrowed = { ...set, filters: { ...filters, ...incidentFilters({ ...rule, scope }), ...filterOf(segments[0]) } }
  const traces = await worstTraces(clickhouse, narrowed, rule.metric)
  return { ...numbers, ...(since && { since: since.toISOString() }), segments, traces, changes }
}

/** The segments that carry the change, by the dimension in which one of them carries the most. */
async function findCarriers(
  { clickhouse }: Stores,
  rule: WatchedRule,
  scope: string,
  end: Date,
): Promise<SegmentShare[]> {
  const { scale } = userSums[rule.metric]
  const asked = segmentDimensions.filter(by => !(by === 'workflow' && scope !== ''))
  const found: SegmentShare[] = []
  for (const by of asked) {
    const segments = await readSegments(clickhouse, windowsOf(rule, scope, end), by)
    // A dimension with one value says nothing about where it comes from.
    if (segments.length > 1) found.push(...carriersOf(by, segments, scale).slice(0, 3))
  }
  return found.sort((a, b) => Math.abs(1 - a.carries) - Math.abs(1 - b.carries)).slice(0, 8)
}

function filterOf(main: SegmentShare | undefined): TraceFilters {
  if (!main || main.carries < 0.5 || main.key === '' || /[+,]/.test(main.key)) return {}
  const key = main.dimension as SegmentDimension
  return key === 'version' ? {} : { [key]: [main.key] }
}

async function findOnset(
  { clickhouse }: Stores,
  rule: WatchedRule,
  set: { projectId: string; from: Date; to: Date; filters: TraceFilters },
  { baseline }: Numbers,
) {
  const { [rule.metric]: series } = await metricSeries(clickhouse, set, [rule.metric], 3600)
  const buckets = series.flatMap(({ at, reading }) =>
    reading ? [{ at, numerator: reading.numerator, denominator: reading.denominator }] : [],
  )
  return onsetOf(buckets, await oldValue(), worseDirection(metricById(rule.metric)))

  /** Means of times are compared by their logarithms, but a series adds up milliseconds: take the old mean of those. */
  async function oldValue() {
    if (userSums[rule.metric].scale === 'ratio') return baseline
    const length = set.to.getTime() - set.from.getTime()
    const before = { ...set, from: new Date(set.from.getTime() - length), to: set.from }
    const { [rule.metric]: past } = await metricSeries(clickhouse, before, [rule.metric], 3600)
    const sum = (of: 'numerator' | 'denominator') => past.reduce((all, { reading }) => all + (reading?.[of] ?? 0), 0)
    return sum('numerator') / sum('denominator')
  }
}
