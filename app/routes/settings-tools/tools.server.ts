import { dayMs, hourMs } from '../../../db/domain/time.ts'
import type { ToolRule } from '../../../db/domain/tool-rules.ts'
import { recordAudit } from '../../../db/projects.ts'
import type { Services } from '../../../db/services.ts'
import { lastToolResults, listToolsUsed } from '../../../db/tool-results.ts'
import { judgeBy, listToolRules, removeToolRule, setToolRule } from '../../../db/tool-rules.ts'
import { type FormErrors, parseForm } from '../../form.ts'
import { ruleForm, toolForm } from './rule-input.ts'
import { sentenceOf } from './rule-words.ts'

const window = (projectId: string, now: Date) => ({
  projectId,
  from: new Date(now.getTime() - 30 * dayMs),
  to: new Date(now.getTime() + hourMs),
})

/** Tools called of late and those with a rule, with what came of their calls. */
export async function readTools({ clickhouse, postgres }: Services, projectId: string, now: Date) {
  const [used, rules] = await Promise.all([
    listToolsUsed(clickhouse, window(projectId, now)),
    listToolRules(postgres, projectId),
  ])
  const byTool = new Map(rules.map(rule => [rule.tool, rule]))
  const known = new Set(used.map(({ tool }) => tool))
  const unused = rules.filter(({ tool }) => !known.has(tool))
  return [
    ...used.map(tool => ({ ...tool, rule: byTool.get(tool.tool) ?? null })),
    ...unused.map(rule => ({ tool: rule.tool, calls: 0, failed: 0, empty: 0, lastAtMs: 0, rule })),
  ]
}

const shownText = 240

/** The last results of the rule's tool as they were judged, and as the rule would judge them. */
async function tryRule({ clickhouse }: Services, projectId: string, rule: ToolRule) {
  const isEmpty = judgeBy([rule])
  const results = await lastToolResults(clickhouse, { ...window(projectId, new Date()), tool: rule.tool })
  return results.map(({ result, outcome, ...at }) => ({
    ...at,
    before: outcome,
    after: isEmpty(rule.tool, result) ? 'empty' : 'ok',
    result: result.slice(0, shownText),
    length: result.length,
  }))
}

export type Tried = Awaited<ReturnType<typeof tryRule>>
export type Answer = {
  status?: number
  said?: string
  tried?: Tried
  errors?: FormErrors
  values?: Record<string, string>
}
type Change = { services: Services; user: { id: string }; project: { id: string }; form: FormData }

export async function changeTools({ services, user, project, form }: Change): Promise<Answer> {
  const intent = String(form.get('intent'))
  const note = { projectId: project.id, userId: user.id }
  if (intent === 'remove') {
    const parsed = parseForm(toolForm, form)
    const tool = parsed.ok ? parsed.value.tool : ''
    const rule = await removeToolRule(services.postgres, { projectId: project.id, tool })
    if (!rule) return { status: 404, errors: { form: 'This tool has no rule.' } }
    const detail = { rule: sentenceOf(rule) }
    await recordAudit(services.postgres, { ...note, action: 'tool_rule.removed', subject: tool, detail })
    return { said: 'From now on it is judged as every tool is.' }
  }
  const parsed = parseForm(ruleForm, form)
  if (!parsed.ok) return { status: 400, errors: parsed.errors, values: parsed.values }
  const rule = parsed.value
  if (intent === 'try') return { tried: await tryRule(services, project.id, rule) }
  if (intent !== 'set') return { status: 400, errors: { form: 'This is not something that rules do.' } }
  if (!(await setToolRule(services.postgres, { projectId: project.id, userId: user.id, rule })))
    return { status: 409, errors: { form: 'A project can have 200 rules, and this one has.' } }
  const detail = { rule: sentenceOf(rule) }
  await recordAudit(services.postgres, { ...note, action: 'tool_rule.set', subject: rule.tool, detail })
  return { said: 'It holds for results to come, within seconds.' }
}
