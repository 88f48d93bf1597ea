import { RE2JS } from 're2js'
import type { Finder } from './domain/redaction/finders.ts'
import { type Redactor, redactorOf } from './domain/redaction/redactor.ts'
import { isEmpty, noRules, type OwnPattern, type RedactionRules, redactionRules } from './domain/redaction/rules.ts'
import type { Postgres } from './postgres.ts'

type Store = Pick<Postgres, 'sql'>
/** The rules of a project at work; undefined when it has none. */
export type Redaction = { of(projectId: string): Promise<Redactor | undefined> }

/** After a change of rules every process works by them within this time. */
const knownMs = 10_000
const maxRemembered = 5_000

/** A project's rules, and which version of them it is: 0 before the first. */
export async function readRedaction(
  { sql }: Store,
  projectId: string,
): Promise<{ rules: RedactionRules; version: number }> {
  const [row] = await sql`select rules, version from redaction_rules where project_id = ${projectId}`
  return row ? { rules: redactionRules.parse(row.rules), version: Number(row.version) } : { rules: noRules, version: 0 }
}

type Change = { projectId: string; userId: string; rules: RedactionRules; version: number }

/** Sets rules in place of those of `version`; false, and nothing set, when somebody changed them since. */
export async function saveRedaction({ sql }: Store, { projectId, userId, rules, version }: Change): Promise<boolean> {
  const saved = await sql`
    insert into redaction_rules as known (project_id, rules, version, changed_by)
    select ${projectId}, ${sql.json(rules)}, 1, ${userId}
    where ${version} = 0 or exists (select from redaction_rules where project_id = ${projectId})
    on conflict (project_id) do update set
      rules = excluded.rules, version = known.version + 1, changed_by = excluded.changed_by, changed_at = now()
      where known.version = ${version}
    returning version`
  return saved.length > 0
}

/** The rules of projects, read again every few seconds. It fails when they cannot be read: nothing is stored by none. */
export function openRedaction(postgres: Store): Redaction {
  const projects = new Map<string, { redactor: Promise<Redactor | undefined>; until: number }>()

  async function open(projectId: string) {
    const { rules, version } = await readRedaction(postgres, projectId)
    return isEmpty(rules) ? undefined : redactBy(rules, version)
  }

  return {
    of(projectId) {
      const known = projects.get(projectId)
      if (known && known.until > Date.now()) return known.redactor
      const redactor = open(projectId)
      redactor.catch(() => projects.delete(projectId))
      if (projects.size >= maxRemembered) projects.clear()
      projects.set(projectId, { redactor, until: Date.now() + knownMs })
      return redactor
    },
  }
}

/** Rules at work, as of a version of them. */
export function redactBy(rules: RedactionRules, version = 0): Redactor {
  const own = rules.patterns.map(pattern => finderOf(pattern))
  return redactorOf(rules, own, version)
}

/** A match takes time by the size of its pattern. */
const largestProgram = 400
/** So long may the matches of a pattern be looked for in one text, and so much longer for each of its characters. */
const leastMs = 200
const msPerCharacter = 0.002

/**
 * RE2 finds one match in a time by the length of the text, whatever the pattern; but all of them can take the square of
 * it. Where that takes too long, the rest of the text counts as found: nothing is stored that was not looked at.
 */
function finderOf({ name, pattern }: OwnPattern): Finder {
  const compiled = RE2JS.compile(pattern)
  let gaveUp = false
  return {
    name,
    mayBeIn: () => true,
    find(text: string, add: (from: number, to: number) => void) {
      if (!compiled.test(text)) return
      const matcher = compiled.matcher(text)
      const until = performance.now() + (gaveUp ? 1 : leastMs) + text.length * msPerCharacter
      let done = 0
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) add(matcher.start(), matcher.end())
        done = matcher.end()
        if (performance.now() <= until) continue
        gaveUp = true
        return add(done, text.length)
      }
    },
  }
}

/** Why a pattern cannot be used, in a sentence; undefined when it can. */
export function patternFault(pattern: string): string | undefined {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
    if (compiled.programSize() > largestProgram) return 'This pattern is too large: repeat fewer times.'
    if (trials.some(text => matchesNothing(compiled, text)))
      return 'This pattern matches the empty text, so it would match everywhere.'
  } catch (error) {
    return `This is not a regular expression (of RE2): ${error instanceof Error ? error.message : String(error)}.`
  }
  const letters = [...new Set(`a1 ${pattern}`)].slice(0, 40)
  return letters.some(letter => readsTooOften(compiled, letter.repeat(2_000)))
    ? 'This pattern takes too long: a match of it may go on without an end.'
    : undefined
}

/** Patterns that are fit read a character up to four times; those that are not, as often as the text is long. */
const mostReads = 50

/** Counted and not timed: what may be saved must not depend on how fast the machine is. */
function readsTooOften(compiled: RE2JS, text: string): boolean {
  const counted = new CountedText(text)
  // A String object is taken as any text is, though its types know only primitive ones.
  const matcher = compiled.matcher(counted as unknown as string)
  while (matcher.find()) if (counted.reads > mostReads * text.length) return true
  return false
}

/** A text that counts how often its characters are read. */
class CountedText extends String {
  reads = 0
  override charCodeAt(at: number): number {
    this.reads += 1
    return super.charCodeAt(at)
  }
}

const trials = ['', 'a', 'A1 b-2']

function matchesNothing(compiled: RE2JS, text: string): boolean {
  const matcher = compiled.matcher(text)
  while (matcher.find()) if (matcher.start() === matcher.end()) return true
  return false
}
