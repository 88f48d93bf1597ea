import { beforeAll, describe, expect, it } from 'vitest'
import { createProject } from '../../db/projects.ts'
import { listToolRules } from '../../db/tool-rules.ts'
import { storeSpans, toolCall } from '../factories.ts'
import { firstVisit, startTestWeb, type Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
let path: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
  path = `/p/${projectId}/settings/tools`
  const none = toolCall({ toolName: 'search_kb', toolResult: '{"message":"No luck","total":0}' })
  const some = toolCall({ toolName: 'search_kb', toolResult: '{"total":2,"first":"<b>x</b>"}' })
  await storeSpans(web.services.clickhouse, projectId, [
    none,
    some,
    toolCall({ toolName: 'send', toolOutcome: 'error' }),
  ])
  const theirs = await createProject(web.services.postgres, { name: 'Theirs' })
  await storeSpans(web.services.clickhouse, theirs, [toolCall({ toolName: 'search_kb', toolResult: 'their secret' })])
})

const rule = { intent: 'set', tool: 'search_kb', when: 'no_rows', what: 'total' }
const rules = () => listToolRules(web.services.postgres, projectId)
const page = async () => (await visitor.get(path)).text()

describe('rules of tools', () => {
  it('stand beside the tools that were called, with what came of their calls', async () => {
    const text = await page()
    for (const shown of ['search_kb', 'send', '100 %', 'as every tool']) expect(text).toContain(shown)
  })

  it.each([
    [{ tool: ' ' }, 'Name the tool.'],
    [{ what: '' }, 'Say what to look for.'],
    [{ what: 'a..b' }, 'This is not a path'],
    [{ when: 'matches', what: '(a' }, 'This is not a regular expression'],
    [{ when: 'maybe' }, 'Choose when it is empty.'],
  ])('refuse %j', async (wrong, sentence) => {
    const answer = await visitor.post(`${path}.data`, { ...rule, ...wrong })
    expect(await answer.text()).toContain(sentence)
    expect(await rules()).toEqual([])
  })

  it('are tried on the last results of this project before they are set', async () => {
    const text = await (await visitor.post(`${path}.data`, { ...rule, intent: 'try' })).text()
    expect(text).toContain('No luck')
    expect(text).toContain('empty')
    expect(text).not.toContain('their secret')
    expect(await rules()).toEqual([])
  })

  it('are set, shown, kept in the history, and removed once', async () => {
    expect((await visitor.post(path, rule)).status).toBe(200)
    expect(await rules()).toEqual([{ tool: 'search_kb', when: 'no_rows', path: 'total' }])
    expect(await page()).toContain('empty when total holds no rows')
    const history = await (await visitor.get(`/p/${projectId}/settings/history`)).text()
    expect(history).toContain('set when a result is empty of the tool')
    const statuses = []
    for (const _ of [1, 2]) statuses.push((await visitor.post(path, { intent: 'remove', tool: 'search_kb' })).status)
    expect(statuses).toEqual([200, 404])
  })

  it('are changed by owners and admins only', async () => {
    const { sql } = web.services.postgres
    await sql`update members set role = 'viewer' where project_id = ${projectId}`
    expect((await visitor.get(path)).status).toBe(200)
    expect((await visitor.post(path, rule)).status).toBe(403)
  })
})
