import { beforeEach, describe, expect, it } from 'vitest'
import { readBudgetDay, readSpent, removeOldBudgetDays, reserveSpend, settleSpend } from '../db/budgets.ts'
import { migrate } from '../db/migrate.ts'
import { openPostgres } from '../db/postgres.ts'
import { createProject } from '../db/projects.ts'
import { freshDatabase, mintProject, testStores } from './setup/context.ts'

const { postgres, clickhouse } = testStores()
const { sql } = postgres

let projectId: string
beforeEach(async () => {
  projectId = (await mintProject()).projectId
})

const run = (userId: string | null = null) => ({ projectId, userId })
const only = (project: number | null, user: number | null = null) => ({ project, user })

async function reserve(nanoUsd: number, budgets = only(1_000), userId: string | null = null): Promise<number> {
  const reserved = await reserveSpend(postgres, run(userId), { budgets, nanoUsd })
  if ('refused' in reserved) throw new Error(`refused by the ${reserved.refused}'s budget`)
  return reserved.id
}
const today = (users = 5) => readBudgetDay(postgres, { projectId, users })

describe('reserving', () => {
  it('never gives out more than is left to fifty calls at once, of several processes', async () => {
    const url = testStores().urls.postgres
    const others = [openPostgres(url), openPostgres(url), openPostgres(url)]
    try {
      const calls = Array.from({ length: 50 }, (_, at) =>
        reserveSpend([postgres, ...others][at % 4]!, run(`u${at % 3}`), { budgets: only(1_000), nanoUsd: 70 }),
      )
      const answers = await Promise.all(calls)
      expect(answers.filter(answer => 'id' in answer)).toHaveLength(14)
      expect(answers.filter(answer => 'refused' in answer && answer.refused === 'project')).toHaveLength(36)
      expect((await readSpent(postgres, run())).project).toBe(980)
    } finally {
      await Promise.all(others.map(other => other.close()))
    }
  })

  it('and settling at once neither lose an amount nor wait for each other for ever', async () => {
    const settled = Array.from({ length: 60 }, async (_, at) => {
      const id = await reserve(10, only(1_000_000, 1_000_000), `u${at % 2}`)
      await Promise.all([settleSpend(postgres, id, 7), reserve(1, only(1_000_000), `u${(at + 1) % 2}`)])
    })
    await Promise.all(settled)
    expect(await readSpent(postgres, run('u0'))).toEqual({ project: 60 * 8, user: 30 * 8 })
  })

  it('takes the last of a budget, and no more', async () => {
    await reserve(400)
    await reserve(600)
    expect(await reserveSpend(postgres, run(), { budgets: only(1_000), nanoUsd: 1 })).toEqual({ refused: 'project' })
  })

  it('reserves in both budgets or in neither', async () => {
    await reserve(300, only(1_000, 400), 'ada')
    const ask = (nanoUsd: number, userId: string) =>
      reserveSpend(postgres, run(userId), { budgets: only(1_000, 400), nanoUsd })
    expect(await ask(200, 'ada')).toEqual({ refused: 'user' })
    expect(await readSpent(postgres, run('ada'))).toEqual({ project: 300, user: 300 })
    expect(await ask(400, 'bob')).toHaveProperty('id')
    expect(await ask(301, 'eve')).toEqual({ refused: 'project' })
    expect(await readSpent(postgres, run('eve'))).toEqual({ project: 700, user: 0 })
    expect(await sql`select from budget_reservations where project_id = ${projectId}`).toHaveLength(2)
  })

  it('counts a run without a user against the project alone', async () => {
    await reserve(500, only(1_000))
    expect(await today()).toEqual({ project: { userId: '', spentNanoUsd: 0, reservedNanoUsd: 500 }, users: [] })
  })

  it('knows nothing of another project', async () => {
    await reserve(1_000, only(1_000), 'ada')
    const other = await createProject(postgres, { name: 'Other' })
    const answer = await reserveSpend(
      postgres,
      { projectId: other, userId: 'ada' },
      { budgets: only(1_000, 1_000), nanoUsd: 1_000 },
    )
    expect(answer).toHaveProperty('id')
  })
})

describe('settling', () => {
  it.each([
    ['less than was reserved', 30],
    ['more than was reserved', 450],
    ['nothing', 0],
  ])('puts what the call cost in its place: %s', async (_, cost) => {
    await reserve(100, only(1_000, 1_000), 'ada')
    const id = await reserve(200, only(1_000, 1_000), 'ada')
    expect(await settleSpend(postgres, id, cost)).toBe(true)
    expect(await readSpent(postgres, run('ada'))).toEqual({ project: 100 + cost, user: 100 + cost })
    const spent = { spentNanoUsd: cost, reservedNanoUsd: 100 }
    expect(await today()).toEqual({ project: { userId: '', ...spent }, users: [{ userId: 'ada', ...spent }] })
  })

  it('happens once', async () => {
    const id = await reserve(200)
    const times = await Promise.all([1, 2, 3].map(() => settleSpend(postgres, id, 50)))
    expect(times.filter(Boolean)).toHaveLength(1)
    expect((await readSpent(postgres, run())).project).toBe(50)
  })

  it('never comes for a lost call, which then counts as spent, at the most it could cost', async () => {
    await reserve(600, only(1_000), 'ada')
    await sql`update budget_reservations set reserved_until = now() - interval '1 s' where project_id = ${projectId}`
    const spent = { spentNanoUsd: 600, reservedNanoUsd: 0 }
    expect(await today()).toEqual({ project: { userId: '', ...spent }, users: [{ userId: 'ada', ...spent }] })
    expect(await reserveSpend(postgres, run(), { budgets: only(1_000), nanoUsd: 401 })).toEqual({ refused: 'project' })
  })

  it('that comes late after all corrects it, and counts nothing twice', async () => {
    const id = await reserve(600)
    await sql`update budget_reservations set reserved_until = now() - interval '1 s' where project_id = ${projectId}`
    await settleSpend(postgres, id, 20)
    expect((await today()).project).toMatchObject({ spentNanoUsd: 20, reservedNanoUsd: 0 })
  })
})

describe('a day', () => {
  it('begins with nothing spent, and a call of the day before is settled in its own', async () => {
    const id = await reserve(1_000, only(1_000), 'ada')
    await sql`
      insert into budget_days (project_id, day, user_id, nano_usd)
      select project_id, day - 1, user_id, nano_usd from budget_days where project_id = ${projectId}`
    await sql`update budget_reservations set day = day - 1 where project_id = ${projectId}`
    await sql`delete from budget_days where project_id = ${projectId} and day = (now() at time zone 'utc')::date`
    expect(await readSpent(postgres, run('ada'))).toEqual({ project: 0, user: 0 })
    await reserve(900, only(1_000), 'ada')
    await settleSpend(postgres, id, 10)
    expect(await readSpent(postgres, run('ada'))).toEqual({ project: 900, user: 900 })
    const days = await sql<{ spent: number }[]>`
      select nano_usd as spent from budget_days where project_id = ${projectId} and user_id = '' order by day`
    expect(days.map(({ spent }) => spent)).toEqual([10, 900])
  })

  it.each(['Pacific/Kiritimati', 'Etc/GMT+12'])(
    'is the UTC day where Postgres tells the time of %s, which has another date for half of it',
    async zone => {
      const url = await freshDatabase()
      const name = new URL(url).pathname.slice(1)
      await sql.unsafe(`alter database ${name} set timezone to '${zone}'`)
      const far = openPostgres(url)
      try {
        await migrate({ postgres: far, clickhouse }, {})
        const spender = { projectId: await createProject(far, { name: 'Far' }), userId: null }
        const before = new Date()
        await reserveSpend(far, spender, { budgets: only(10), nanoUsd: 1 })
        const [row] = await far.sql<{ day: string; zone: string }[]>`
        select day::text, current_setting('timezone') as zone from budget_days`
        const days = [before, new Date()].map(at => at.toISOString().slice(0, 10))
        expect(row?.zone).toBe(zone)
        expect(days).toContain(row?.day)
      } finally {
        await far.close()
        await sql.unsafe(`drop database ${name} with (force)`)
      }
    },
  )

  it('is removed a week later, with what was never settled', async () => {
    await reserve(5, only(1_000), 'ada')
    await sql`
      insert into budget_days (project_id, day, user_id, nano_usd)
      select project_id, day - ago, user_id, 1 from budget_days, unnest(array[6, 7, 8, 9]) as ago
      where project_id = ${projectId}`
    await sql`
      insert into budget_reservations (project_id, day, user_id, nano_usd, reserved_until)
      select project_id, day, user_id, 1, now() from budget_days where project_id = ${projectId} and user_id = 'ada'`
    await removeOldBudgetDays(postgres)
    const left = (table: string) =>
      sql<{ ago: number }[]>`
        select distinct (now() at time zone 'utc')::date - day as ago
        from ${sql(table)} where project_id = ${projectId} order by ago`.then(rows => rows.map(({ ago }) => ago))
    expect([await left('budget_days'), await left('budget_reservations')]).toEqual([
      [0, 6, 7],
      [0, 6, 7],
    ])
  })
})

it('shows who spent most today, in order', async () => {
  const spent: [string, number][] = [
    ['ada', 30],
    ['bob', 50],
    ['eve', 10],
  ]
  for (const [userId, cost] of spent) await settleSpend(postgres, await reserve(100, only(1_000), userId), cost)
  const { project, users } = await today(2)
  expect(project).toMatchObject({ spentNanoUsd: 90, reservedNanoUsd: 0 })
  expect(users.map(({ userId }) => userId)).toEqual(['bob', 'ada'])
})
