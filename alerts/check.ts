import { listRules, type StoredRule } from '../db/alert-rules.ts'
import { type Look, readStandings, recordLook, type Standings, type Subject, standingKey } from '../db/alerts.ts'
import { type Lane, worseDirection } from '../db/domain/alert-rule.ts'
import { atRest, type Decision, decide, step } from '../db/domain/alerts.ts'
import { fastLane, judgeHour } from '../db/domain/fast-lane.ts'
import type { Evidence } from '../db/domain/incident.ts'
import { metricById } from '../db/domain/metrics.ts'
import { hourMs } from '../db/domain/time.ts'
import type { Services } from '../db/services.ts'
import { userSums } from '../db/week-over-week.ts'
import { gatherEvidence } from './evidence.ts'
import { type HourGuards, openHourGuards } from './hour-guards.ts'
import { type HourReader, openHours } from './hours.ts'
import { type Guards, limitsOf, lookEnd, numbersOf, observe, openGuards } from './observe.ts'
import { openWorkflows, type WorkflowReader } from './workflows.ts'

type Stores = Pick<Services, 'clickhouse' | 'postgres'>
type Round = {
  stores: Stores
  projectId: string
  now: Date
  standings: Standings
  guards: Guards
  hours: HourReader
  hourGuards: HourGuards
  signal?: AbortSignal
}

/**
 * Looks at every rule of a project whose window has moved since its last look, and records what follows. One after the
 * other: a heavy query at a time, and the whole before its parts, so that a part finds the incident it belongs to. Throws
 * when a look failed, after all others were taken.
 */
export async function checkProject(
  stores: Stores,
  projectId: string,
  now: Date,
  { workflows = openWorkflows(stores.clickhouse), signal }: { workflows?: WorkflowReader; signal?: AbortSignal } = {},
): Promise<Decision[]> {
  const { clickhouse, postgres } = stores
  const rules = (await listRules(postgres, projectId)).filter(rule => rule.enabled)
  const standings = await readStandings(postgres, projectId)
  const hours = openHours(clickhouse, projectId, rules)
  const round: Round = {
    stores,
    projectId,
    now,
    standings,
    guards: openGuards(clickhouse, projectId),
    hours,
    hourGuards: openHourGuards(clickhouse, projectId, hours),
    signal,
  }
  const decisions: Decision[] = []
  const failures: { rule: StoredRule; error: unknown }[] = []
  for (const subject of await subjectsDue(round, rules, workflows)) {
    if (signal?.aborted) break
    const look = subject.lane === 'week' ? lookAtWeek(round, subject) : lookAtHour(round, subject)
    const decision = await look.catch(error => void failures.push({ rule: subject.rule, error }))
    if (decision) decisions.push(decision)
  }
  const [first] = failures
  if (!first) return decisions
  const { rule, error } = first
  const why = error instanceof Error ? error.message : String(error)
  throw new Error(`${failures.length} looks failed, the first at rule ${rule.id}: ${why}`, { cause: error })
}

const ends = { week: lookEnd, hour: (rule: StoredRule, now: Date) => lookEnd({ ...rule, everyHours: 1 }, now) }

async function subjectsDue(
  { now, standings }: Round,
  rules: StoredRule[],
  workflows: WorkflowReader,
): Promise<Subject[]> {
  const due: Subject[] = []
  // A workflow that is seen no more, or is not among the busiest, is looked at for as long as an incident of it is open.
  const openScopes = ({ id }: StoredRule) =>
    [...standings.values()].flatMap(({ ruleId, scope, open }) => (open && ruleId === id ? [scope] : []))
  for (const rule of rules) {
    const seen = rule.eachWorkflow ? await workflows(rule, now) : ['']
    const scopes = new Set([...seen, ...(rule.eachWorkflow ? openScopes(rule) : [])])
    const lanes: Lane[] = rule.fastLane ? ['week', 'hour'] : ['week']
    for (const scope of scopes)
      for (const lane of lanes) {
        const stood = standings.get(standingKey({ rule, scope, lane }))
        if (!stood || stood.lookedTo < ends[lane](rule, now)) due.push({ rule, scope, lane })
      }
  }
  return due
}

async function lookAtWeek(round: Round, subject: Subject): Promise<Decision | undefined> {
  const { stores, now, guards } = round
  const { rule, scope } = subject
  const lookedTo = lookEnd(rule, now)
  const { observation, numbers } = await observe(stores.clickhouse, rule, scope, lookedTo, guards)
  const before = round.standings.get(standingKey(subject))
  const decision = decide(before ?? atRest(now), observation, limitsOf(rule), now)
  return conclude(round, { ...subject, before, decision, lookedTo, seen: numbers, now })
}

async function lookAtHour(round: Round, subject: Subject): Promise<Decision | undefined> {
  const { now, hours, hourGuards } = round
  const { rule, scope } = subject
  const lookedTo = ends.hour(rule, now)
  const compared = Array.from(
    { length: fastLane.references + 1 },
    (_, back) => new Date(lookedTo.getTime() - hourMs - back * 168 * hourMs),
  )
  const [[current, ...references], untrusted] = await Promise.all([
    Promise.all(compared.map(hour => hours(rule, scope, hour))),
    hourGuards(rule, scope, compared),
  ])
  const { scale } = userSums[rule.metric]
  const metric = metricById(rule.metric)
  const seenHours = { scale, worse: worseDirection(metric), counts: metric.unit === 'share' }
  const { judgement, change } = judgeHour({ ...seenHours, current: current!, references, untrusted }, rule)
  const window = hourWindow(lookedTo)
  const users = Math.round(references.reduce((sum, hour) => sum + hour.users, 0) / references.length)
  const seen = change ? numbersOf(change, current!.users, users, window) : {}
  const before = round.standings.get(standingKey(subject))
  const decision = step(before ?? atRest(now), judgement, limitsOf(rule), now)
  return conclude(round, { ...subject, before, decision, lookedTo, seen, now })
}

function hourWindow(end: Date): Evidence['window'] {
  const iso = (hours: number) => new Date(end.getTime() - hours * hourMs).toISOString()
  return { from: iso(169), split: iso(1), to: iso(0) }
}

/** Gathers evidence where somebody will be told, and writes the look down. */
async function conclude({ stores }: Round, look: Look): Promise<Decision | undefined> {
  const { rule, scope, lane, decision, lookedTo, seen } = look
  const begins =
    decision.transition === 'opened' || decision.transition === 'reopened' || decision.transition === 'escalated'
  // Who carries a sudden change is told by the hour before.
  const watched = lane === 'week' ? rule : { ...rule, windowHours: 1 }
  const evidence = begins ? await gatherEvidence(stores, watched, scope, lookedTo, seen as Evidence) : undefined
  const mine = await recordLook(stores.postgres, { ...look, evidence })
  return mine ? decision : undefined
}
