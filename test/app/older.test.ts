import { beforeAll, describe, expect, it } from 'vitest'
import { addRule, fine, lookDaily, worse } from '../alerts/looks.ts'
import { booleanDoc, putFlag } from '../flags/factory.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
beforeAll(async () => {
  web = await startTestWeb()
  ;({ visitor, projectId } = await firstVisit(web))
})

const get = async (path: string) => {
  const answer = await visitor.get(`/p/${projectId}/${path}`)
  return { status: answer.status, html: await answer.text() }
}
/** Where the page leads on to, and how many rows it has of those that the test made. */
async function look(path: string, row: RegExp) {
  const { status, html } = await get(path)
  expect(status).toBe(200)
  const link = /href="([^"]*[?&](?:amp;)?before=\d+[^"]*)"/.exec(html)?.[1]
  return { rows: html.match(row)?.length ?? 0, older: link?.replaceAll('&amp;', '&').replace(/^.*\?/, '?') }
}

describe.each([
  {
    list: 'the history of a project',
    path: 'settings/history',
    row: />made-by-test</g,
    size: 100,
    begin: () => web.services.postgres.sql`delete from audit_log where project_id = ${projectId}`,
    add: (n: number) => web.services.postgres.sql`
      insert into audit_log (project_id, action, subject)
      select ${projectId}, 'key.created', 'made-by-test' from generate_series(1, ${n}::int)`,
  },
  {
    list: 'the history of a flag',
    path: 'flags/paged?tab=history',
    row: /<!-- -->a test<!-- -->/g,
    size: 100,
    begin: async () => {
      const at = { postgres: web.services.postgres, projectId }
      await putFlag(at, booleanDoc('paged'))
      await web.services.postgres.sql`update flag_changes set why = 'the first' where project_id = ${projectId}`
    },
    add: (n: number) => web.services.postgres.sql`
      insert into flag_changes (project_id, kind, key, revision, before, after, made_by, why, at)
      select project_id, kind, key, 2, after, after, 'person', 'a test', now()
      from flag_changes, generate_series(1, ${n}::int)
      where project_id = ${projectId} and key = 'paged' and why = 'the first'`,
    others: 1,
  },
  {
    list: 'the incidents that are over',
    path: 'alerts',
    row: />made-by-test</g,
    size: 30,
    begin: async () => {
      const { postgres } = web.services
      const rule = await addRule(postgres, projectId)
      const day = new Date('2026-03-01T00:00:00Z')
      await lookDaily(postgres, rule, [worse, worse, fine, fine, fine], day)
      await postgres.sql`update incidents set ended_reason = 'the first' where project_id = ${projectId}`
    },
    add: (n: number) => web.services.postgres.sql`
      insert into incidents (project_id, rule_id, rule_name, metric, filters, channels, scope, lane, severity, state, evidence, started_at, ended_at, ended_reason)
      select project_id, rule_id, rule_name, metric, filters, channels, scope, lane, severity, state, evidence, started_at, ended_at, 'made-by-test'
      from incidents, generate_series(1, ${n}::int)
      where project_id = ${projectId} and ended_reason = 'the first'`,
    others: 1,
  },
])('$list', ({ path, row, size, begin, add, others = 0 }) => {
  it('offers no older page when one is just full, and shows all there is by pages', async () => {
    await begin()
    await add(size - others)
    expect(await look(path, row)).toEqual({ rows: size - others, older: undefined })
    await add(size)
    const first = await look(path, row)
    expect(first).toEqual({ rows: size, older: expect.any(String) })
    const second = await look(path.replace(/\?.*/, '') + first.older, row)
    expect(second.rows).toBe(size - others)
  })

  it.each(['1.5', '1e30', 'x', '-1', '99999999999999999999'])('stands when it is asked for before %s', async before => {
    expect((await get(`${path}${path.includes('?') ? '&' : '?'}before=${before}`)).status).toBe(200)
  })
})
