import { limitsOf, observe, openGuards } from '../../alerts/observe.ts'
import type { ClickHouse } from '../../db/clickhouse.ts'
import { atRest, decide, type Standing } from '../../db/domain/alerts.ts'
import { fastLane, judgeHour } from '../../db/domain/fast-lane.ts'
import { hourMs } from '../../db/domain/time.ts'
import { readHour } from '../../db/hour-sums.ts'
import { endOf, inLanes, ruleFor, summary } from './table.ts'
import { type Pathology, projectName, simulate, type Traffic } from './traffic.ts'

type Case = { name: string; what: Partial<Pathology>; byDay?: boolean; metric?: string; hope: string }

const cases: Case[] = [
  { name: 'nothing (baseline)', what: {}, hope: 'quiet' },
  {
    name: 'a fifth of the signals up to 3 days late',
    what: { lateDays: 'if(u8 < 0.2, 1 + intDiv(toUInt32(u9 * 3000), 1000), 0)' },
    byDay: true,
    hope: 'quiet',
  },
  { name: 'a day missing (ingest down)', what: { happens: 'day != 25' }, hope: 'untrusted, no alarm' },
  {
    name: 'a holiday: a fifth of the traffic for 3 days',
    what: { happens: 'if(day between 24 and 26, 0.2, 1)' },
    hope: 'quiet',
  },
  {
    name: 'a whale: one user with half of the traffic, unhappy',
    what: { happens: 'if(user = 0, 60, 1)', worse: 'if(user = 0 and day >= 24, 3, 1)' },
    hope: 'quiet: one user is no regression',
  },
  { name: 'a tenth of the signals twice', what: { copies: 'if(u8 < 0.1, 2, 1)' }, hope: 'quiet' },
  {
    name: 'one clock in twenty wrong by up to 2 days',
    what: { skewHours: 'if(u8 < 0.05, (u9 - 0.5) * 96, 0)' },
    hope: 'quiet',
  },
  { name: 'feedback off from day 24', what: { rated: 'if(day >= 24, 0, 1)' }, hope: 'untrusted, no alarm' },
  { name: 'feedback asked of half from day 24', what: { rated: 'if(day >= 24, 0.5, 1)' }, hope: 'untrusted, no alarm' },
  {
    name: 'provider outage: 6 h on day 25, 60 % fail',
    what: { status: "if(day = 25 and u2 between 0.4 and 0.65 and u8 < 0.6, 'error', if(u9 < 0.02, 'error', 'ok'))" },
    metric: 'error_rate',
    hope: 'one alarm',
  },
]

const users = 600

/** What each thing that goes wrong with data makes of the default rule, guards and all: daily looks over four weeks. */
export async function pathologies(clickhouse: ClickHouse, projects: number): Promise<void> {
  const rows: Record<string, object> = {}
  for (const [at, { name, what, byDay = false, metric = 'negative_feedback_rate', hope }] of cases.entries()) {
    const traffic: Traffic = {
      projects,
      users,
      days: 42,
      tracesPerUser: 5,
      rate: 0.1,
      lift: { factor: 1, fromDay: 0 },
      seed: 500 + at,
      ...what,
    }
    const found = byDay ? await dayByDay(clickhouse, traffic) : await atOnce(clickhouse, traffic, metric)
    const alarms = summary(found.map(one => one.alarms))
    rows[name] = {
      'alarms in 4 weeks': `${alarms.mean.toFixed(2)} ± ${alarms.error.toFixed(2)}`,
      'looks untrusted': mean(found.map(one => one.untrusted)).toFixed(1),
      'without data': mean(found.map(one => one.noData)).toFixed(1),
      'hoped for': hope,
    }
  }
  console.log(`Pathologies: ${projects} projects of ${users} users each, 28 daily looks, guards on`)
  console.table(rows)
}

type Found = { alarms: number; untrusted: number; noData: number }
const first = 14
const looksMade = 28

async function atOnce(clickhouse: ClickHouse, traffic: Traffic, metric: string): Promise<Found[]> {
  await simulate(clickhouse, traffic)
  return inLanes(numbers(traffic.projects), async at => {
    const watch = watcher(clickhouse, projectName(traffic, at), metric)
    for (let day = first; day < first + looksMade; day++) await watch.look(day)
    return watch.found
  })
}

/** Brings what arrives on each day before the look of its morning: what is late is not there yet. */
async function dayByDay(clickhouse: ClickHouse, traffic: Traffic): Promise<Found[]> {
  const watchers = numbers(traffic.projects).map(at =>
    watcher(clickhouse, projectName(traffic, at), 'negative_feedback_rate'),
  )
  for (let day = 0; day < first + looksMade; day++) {
    if (day >= first) await inLanes(watchers, watch => watch.look(day))
    await simulate(clickhouse, traffic, day)
  }
  return watchers.map(watch => watch.found)
}

function watcher(clickhouse: ClickHouse, projectId: string, metric: string) {
  const rule = ruleFor(projectId, { metric })
  const limits = limitsOf(rule)
  const found: Found = { alarms: 0, untrusted: 0, noData: 0 }
  let standing: Standing = atRest(endOf(first))
  return {
    found,
    async look(day: number) {
      const { observation } = await observe(clickhouse, rule, '', endOf(day), openGuards(clickhouse, projectId))
      const decision = decide(standing, observation, limits, endOf(day))
      if (decision.transition === 'opened') found.alarms += 1
      if (decision.state === 'untrusted') found.untrusted += 1
      if (decision.state === 'no_data') found.noData += 1
      standing = decision
    },
  }
}

/** The fast lane: how soon it sees an outage, and what it sees in weeks without one. */
export async function fastLaneTable(clickhouse: ClickHouse): Promise<void> {
  const outage = "if(day = 35 and u2 between 0.5 and 0.75 and u8 < 0.6, 'error', if(u9 < 0.05, 'error', 'ok'))"
  const traffic: Traffic = {
    projects: 2,
    users: 1500,
    days: 38,
    tracesPerUser: 21,
    rate: 0.1,
    lift: { factor: 1, fromDay: 0 },
    seed: 900,
    status: outage,
  }
  await simulate(clickhouse, traffic)
  const hours = numbers(9 * 24).map(hour => new Date(endOf(28).getTime() + hour * hourMs))
  const began = endOf(35).getTime() + 12 * hourMs
  const hits: { at: Date; project: number }[] = []
  const read = new Map<string, ReturnType<typeof readHour>>()
  for (const project of numbers(traffic.projects)) {
    const projectId = projectName(traffic, project)
    const sums = async (hour: Date) => {
      const key = `${project} ${hour.getTime()}`
      const known =
        read.get(key) ??
        readHour(clickhouse, { projectId, hour, filters: {}, byWorkflow: false, metrics: ['error_rate'] })
      read.set(key, known)
      return (await known).get('')?.error_rate ?? { users: 0, m: 0, d: 0, mm: 0, md: 0, dd: 0 }
    }
    await inLanes(hours, async hour => {
      const [current, ...references] = await Promise.all(
        numbers(fastLane.references + 1).map(back => sums(new Date(hour.getTime() - back * 168 * hourMs))),
      )
      const { judgement } = judgeHour(
        { scale: 'ratio', worse: 'up', counts: true, current: current!, references },
        { threshold: 0.1, floor: 0.005 },
      )
      if (judgement.kind === 'seen' && judgement.hit) hits.push({ at: hour, project })
    })
  }
  const outages = hits.filter(({ at }) => at.getTime() >= began && at.getTime() < began + 6 * hourMs)
  console.log('The fast lane on hours of about 190 traces, 5 % of which fail; an outage of 6 h in which 60 % do')
  console.table({
    'hours of the outage that hit': `${outages.length} of ${6 * traffic.projects}`,
    'other hours that hit (one hit does not fire)': `${hits.length - outages.length} of ${(hours.length - 6) * traffic.projects}`,
  })
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
