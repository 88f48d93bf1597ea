import { randomBytes, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../db/api-keys.ts'
import { createProject } from '../../db/projects.ts'
import { createRun } from '../../db/runs.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let strangers: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  strangers = await createProject(web.services.postgres, { name: 'Somebody else’s secret plan' })
})

const mintRun = async (project: string, question: string) => {
  const id = `run_${randomUUID()}`
  const ids = { traceId: randomBytes(16).toString('hex'), rootSpanId: randomBytes(8).toString('hex') }
  const run = { id, projectId: project, ...ids, workflow: 'analyze', workflowVersion: '1', input: { question } }
  await createRun(web.services.postgres, run, { maxQueuedRuns: 100, maxRunsPerUser: 100 })
  return id
}

describe('a project', () => {
  it.each(['', '/overview', '/traces', '/runs', '/data-in', '/settings', '/settings/keys', '/settings/history'])(
    'of somebody else is not there: %s',
    async page => {
      const answer = await visitor.get(`/p/${strangers}${page}`)
      expect(answer.status).toBe(404)
      expect(await answer.text()).not.toContain('secret plan')
    },
  )

  it('that does not exist answers the same', async () => {
    expect((await visitor.get('/p/p0000000000000000/overview')).status).toBe(404)
  })

  it('shows its own runs only, also by their id', async () => {
    const own = await mintRun(projectId, 'What is ours?')
    const other = await mintRun(strangers, 'What is theirs?')
    const list = await (await visitor.get(`/p/${projectId}/runs`)).text()
    expect([list.includes('What is ours?'), list.includes('What is theirs?')]).toEqual([true, false])
    expect((await visitor.get(`/p/${projectId}/runs/${own}`)).status).toBe(200)
    const foreign = await visitor.get(`/p/${projectId}/runs/${other}`)
    expect([foreign.status, (await foreign.text()).includes('There is no such run in this project.')]).toEqual([
      404,
      true,
    ])
  })

  it('cannot have its keys made or revoked from outside', async () => {
    const { postgres } = web.services
    const { id } = await createApiKey(postgres, { projectId: strangers, name: 'theirs' })
    const made = await visitor.post(`/p/${strangers}/settings/keys`, { intent: 'create', name: 'mine now' })
    const revoked = await visitor.post(`/p/${projectId}/settings/keys`, { intent: 'revoke', id })
    expect([made.status, revoked.status]).toEqual([404, 404])
    const rows = await postgres.sql`select name, revoked_at from api_keys where project_id = ${strangers}`
    expect(rows.map(row => ({ ...row }))).toEqual([{ name: 'theirs', revoked_at: null }])
  })

  it('can be followed by another, which is empty', async () => {
    const answer = await visitor.post('/projects/new', { name: 'Second project' })
    const location = answer.headers.get('location') ?? ''
    expect(location).toMatch(/^\/p\/\w+\/data-in$/)
    const page = await (await visitor.get(location)).text()
    expect([page.includes('Second project'), page.includes('Waiting for your first span')]).toEqual([true, true])
    const runs = await (await visitor.get(location.replace('data-in', 'runs'))).text()
    expect([runs.includes('What is ours?'), runs.includes('No runs yet')]).toEqual([false, true])
  })
})
