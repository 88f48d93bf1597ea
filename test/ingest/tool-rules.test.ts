import { expect, it } from 'vitest'
import { z } from 'zod'
import { removeToolRule, setToolRule } from '../../db/tool-rules.ts'
import { jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const server = await ingestServer()
const { postgres } = server.services
const userId = 'tool-rules-tester'
await postgres.sql`insert into users (id, name, email) values (${userId}, 'Ada', 'tool-rules@example.com')`

const call = (result: string) =>
  jsonSpan({
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.call.result': result,
    },
  })
const none = '{"message":"I looked everywhere","hits":{"total":0}}'
const outcomes = async (sender: Sender) => {
  const row = z.object({ outcome: z.string(), n: z.coerce.number() })
  const sql = `select tool_outcome as outcome, count() as n from spans
    where project_id = {project:String} group by outcome order by outcome`
  return Object.fromEntries((await sender.query(sql, row)).map(({ outcome, n }) => [outcome, n]))
}

it('judges the results of a tool by the rule of its project, in the spans and in the sums of traces', async () => {
  const sender = await server.newSender()
  const other = await server.newSender()
  const rule = { tool: 'search', when: 'no_rows' as const, path: 'hits.total' }
  expect(await setToolRule(postgres, { projectId: sender.projectId, userId, rule })).toBe(true)
  for (const one of [sender, other]) {
    const answer = await one.sendJson(jsonRequest([call(none), call('{"hits":{"total":4},"rows":[]}'), call('[]')]))
    expect(answer.status).toBe(200)
  }
  expect(await outcomes(sender)).toEqual({ empty: 2, ok: 1 })
  expect(await outcomes(other)).toEqual({ empty: 1, ok: 2 })
  const sums = z.object({ empty: z.coerce.number() })
  const sql = 'select sum(tool_empty) as empty from traces where project_id = {project:String}'
  expect(await sender.query(sql, sums)).toEqual([{ empty: 2 }])
})

it('one rule a tool: the last that was set, and none once it is removed', async () => {
  const { projectId } = await server.newSender()
  await setToolRule(postgres, { projectId, userId, rule: { tool: 'search', when: 'never' } })
  await setToolRule(postgres, { projectId, userId, rule: { tool: 'search', when: 'says', text: 'x' } })
  expect(await removeToolRule(postgres, { projectId, tool: 'search' })).toMatchObject({ when: 'says' })
  expect(await removeToolRule(postgres, { projectId, tool: 'search' })).toBeUndefined()
})
