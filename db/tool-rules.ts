import { RE2JS } from 're2js'
import { hasRows, pathSteps, type ToolRule, toolRule } from './domain/tool-rules.ts'
import type { Postgres } from './postgres.ts'

type Store = Pick<Postgres, 'sql'>

/** Whether a result that a tool returned counts as empty; undefined where no rule says so. */
export type IsEmpty = (tool: string, result: string) => boolean | undefined
export type ToolRules = { of(projectId: string): Promise<IsEmpty | undefined> }

/** After a change of rules every process judges by them within this time. */
const knownMs = 10_000
const maxRemembered = 5_000

const mostRules = 200

/** A project's rules, one a tool. */
export async function listToolRules({ sql }: Store, projectId: string): Promise<ToolRule[]> {
  const rows = await sql`select rule from tool_rules where project_id = ${projectId} order by tool limit ${mostRules}`
  return rows.map(row => toolRule.parse(row.rule))
}

/** Sets the rule of a tool in place of the one it had; false when the project has too many. */
export async function setToolRule(
  { sql }: Store,
  { projectId, userId, rule }: { projectId: string; userId: string; rule: ToolRule },
): Promise<boolean> {
  const set = await sql`
    insert into tool_rules (project_id, tool, rule, changed_by)
    select ${projectId}, ${rule.tool}, ${sql.json(rule)}, ${userId}
    where (select count(*) from tool_rules where project_id = ${projectId} and tool != ${rule.tool}) < ${mostRules}
    on conflict (project_id, tool) do update set
      rule = excluded.rule, changed_by = excluded.changed_by, changed_at = now()
    returning tool`
  return set.length > 0
}

/** The rule that was removed; undefined when there was none. */
export async function removeToolRule(
  { sql }: Store,
  { projectId, tool }: { projectId: string; tool: string },
): Promise<ToolRule | undefined> {
  const [row] = await sql`
    delete from tool_rules where project_id = ${projectId} and tool = ${tool} returning rule`
  return row && toolRule.parse(row.rule)
}

/** The rules of projects, read again every few seconds. Without any of a project: undefined. */
export function openToolRules(postgres: Store): ToolRules {
  const projects = new Map<string, { judge: Promise<IsEmpty | undefined>; until: number }>()

  async function open(projectId: string) {
    const rules = await listToolRules(postgres, projectId)
    return rules.length > 0 ? judgeBy(rules) : undefined
  }

  return {
    of(projectId) {
      const known = projects.get(projectId)
      if (known && known.until > Date.now()) return known.judge
      const judge = open(projectId)
      judge.catch(() => projects.delete(projectId))
      if (projects.size >= maxRemembered) projects.clear()
      projects.set(projectId, { judge, until: Date.now() + knownMs })
      return judge
    },
  }
}

export function judgeBy(rules: readonly ToolRule[]): IsEmpty {
  const judges = new Map(rules.map(rule => [rule.tool, judgeOf(rule)]))
  return (tool, result) => judges.get(tool)?.(result)
}

/** What is larger is not nothing, whatever a rule says. */
const mostJudged = 4 << 20
/** A match takes time by the length of what is matched, and an answer that says nothing is short: longer ones do not match. */
const mostMatched = 2_000

function judgeOf(rule: ToolRule): (result: string) => boolean {
  if (rule.when === 'never') return () => false
  const says = conditionOf(rule)
  return result =>
    /^\s*(?:null|""|\[\s*\]|\{\s*\})?\s*$/.test(result.slice(0, 100)) || (result.length <= mostJudged && says(result))
}

function conditionOf(rule: Exclude<ToolRule, { when: 'never' }>): (result: string) => boolean {
  if (rule.when === 'says') {
    const wanted = rule.text.toLowerCase()
    return result => result.toLowerCase().includes(wanted)
  }
  if (rule.when === 'matches') {
    // RE2 takes time by the length of the text, whatever the pattern, so no pattern can hold a process up.
    const pattern = RE2JS.compile(rule.pattern, RE2JS.CASE_INSENSITIVE | RE2JS.MULTILINE)
    return result => result.length <= mostMatched && pattern.matcher(result).find()
  }
  const steps = pathSteps(rule.path) ?? []
  return result => {
    try {
      return !hasRows(JSON.parse(result), steps)
    } catch {
      return true
    }
  }
}

/** Why a rule cannot be used, in a sentence; undefined when it can. */
export function ruleFault(rule: ToolRule): string | undefined {
  if (rule.when === 'no_rows' && !pathSteps(rule.path))
    return 'This is not a path: write it like data.items, results[0].rows or pages[*].hits.'
  if (rule.when !== 'matches') return undefined
  try {
    RE2JS.compile(rule.pattern)
    return undefined
  } catch (error) {
    return `This is not a regular expression (of RE2): ${error instanceof Error ? error.message : String(error)}.`
  }
}
