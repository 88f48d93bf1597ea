import type { ClickHouse } from '../../db/clickhouse.ts'

/** What a simulated project's traffic is like; every project of a batch differs by its seed only. */
export type Traffic = {
  projects: number
  users: number
  days: number
  /** Rated traces of a user a week, on average; users differ (log-normal). */
  tracesPerUser: number
  /** Share of rated traces with negative feedback, on average; users differ. */
  rate: number
  /** Relative change of that rate from this day on. */
  lift: { factor: number; fromDay: number }
  seed: number
} & Partial<Pathology>

/** SQL over `day` (from 0), `user` (from 0) and `u1`..`u9` (uniform in 0..1), in place of what is ordinary. */
export type Pathology = {
  /** Factor on the chance that a trace happens at all. */
  happens: string
  /** Factor on the rate. */
  worse: string
  /** Hours by which the clock of a trace is wrong. */
  skewHours: string
  /** Share of traces that got feedback. */
  rated: string
  /** How many copies of a signal arrive. */
  copies: string
  /** Days by which a signal comes late. */
  lateDays: string
  /** Status of the trace's root. */
  status: string
}
const ordinary: Pathology = {
  happens: '1',
  worse: '1',
  skewHours: '0',
  rated: '1',
  copies: '1',
  lateDays: '0',
  status: "'ok'",
}

/** Simulated time begins here, at midnight UTC. */
export const began = Date.UTC(2026, 0, 5)
const slots = 4

export const projectName = ({ seed }: Pick<Traffic, 'seed'>, at: number) => `sim${seed}x${at}`

/**
 * Fills `traces`, `signals` and the ledger with simulated projects, inside the store: seeded hashes in place of a random
 * generator, a statement for all projects at once. `onDay` brings only what arrives on that day, for signals that are late.
 */
export async function simulate(clickhouse: ClickHouse, traffic: Traffic, onDay?: number): Promise<void> {
  const { projects, users, days, seed } = traffic
  const p = { ...ordinary, ...traffic }
  const rows = projects * users * days * slots
  const uniform = (n: number) => `(bitShiftRight(cityHash64(number, ${seed}, ${n}), 11) / 9007199254740992.)`
  const ofUser = (n: number) => `(bitShiftRight(cityHash64(project, user, ${seed}, ${n}), 11) / 9007199254740992.)`
  const normal = (a: number) => `(sqrt(-2 * log(${ofUser(a)} + 1e-12)) * cos(6.283185307179586 * ${ofUser(a + 1)}))`
  const activity = `(exp(0.7 * ${normal(11)} - 0.245) * ${traffic.tracesPerUser} / 7 / ${slots})`
  const dislike = `(least(0.95, ${traffic.rate} * exp(0.5 * ${normal(13)} - 0.125) * (${p.worse}) * if(day >= ${traffic.lift.fromDay}, ${traffic.lift.factor}, 1)))`
  const drawn = `
    select
      number,
      intDiv(number, ${users * days * slots}) as project,
      intDiv(number, ${days * slots}) % ${users} as user,
      intDiv(number, ${slots}) % ${days} as day,
      ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(n => `${uniform(n)} as u${n}`).join(', ')},
      toDateTime64(${began / 1000} + day * 86400 + toInt64(u2 * 86399) + toInt64((${p.skewHours}) * 3600), 3, 'UTC') as at,
      u3 < ${dislike} as bad,
      u4 < (${p.rated}) as has_feedback,
      toInt32(${p.lateDays}) as late
    from numbers(${rows})
    where u1 < ${activity} * (${p.happens})`
  const identity = `concat('sim', '${seed}', 'x', toString(project)) as project_id, lower(leftPad(hex(cityHash64(number, ${seed})), 32, '0')) as trace_id`
  const today = onDay === undefined ? '' : `where day = ${onDay}`
  await clickhouse.command(`
    insert into traces (project_id, trace_id, hour, start_time, end_time, span_count, session_id, user_id, workflow, serving, has_root, root_status, root_duration_ns, ttft_ms)
    select ${identity}, toStartOfHour(at), at, at + 1, 1, concat('s', toString(user), '-', toString(day)), concat('u', toString(user)), 'agent', 'ai', 1, ${p.status}, toInt64(1e9 * exp(0.4 * (u5 + u6 + u7 - 1.5))), -1
    from (${drawn}) ${today}`)
  const arrives = onDay === undefined ? 'where has_feedback' : `where has_feedback and day + late = ${onDay}`
  await clickhouse.command(`
    insert into signals (project_id, trace_id, id, kind, value, polarity, at, source)
    select ${identity}, trace_id, 'thumbs', if(bad, -1, 1), if(bad, -1, 1), at, 'bench'
    from (${drawn}) array join range(toUInt32(${p.copies})) as copy ${arrives}`)
  // What the ledger tells of arrivals: all that happens is received in its hour.
  const heard = onDay === undefined ? '' : `where day = ${onDay}`
  await clickhouse.command(`
    insert into ledger (project_id, hour, item, outcome, reason, client, count, bytes, last_at)
    select concat('sim', '${seed}', 'x', toString(project)), toDateTime(${began / 1000} + day * 86400 + intDiv(toUInt32(u2 * 86399), 3600) * 3600, 'UTC') as hour, 'spans', 'received', '', 'bench', 20 * count(), 0, max(at)
    from (${drawn}) ${heard}
    group by project, hour`)
}
