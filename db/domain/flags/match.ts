import semver from 'semver'
import { type Condition, compilePattern, momentOf, numberOf } from './condition.ts'
import type { Operator } from './operators.ts'
import type { Segment } from './segment.ts'

/** What is known about whom a flag is evaluated for. `targetingKey` is the unit's id. */
export type Context = Record<string, unknown>
type Segments = ReadonlyMap<string, Segment>

/** Whether all conditions hold; no condition holds for everyone. */
export const matchesAll = (conditions: readonly Condition[], context: Context, segments: Segments): boolean =>
  conditions.every(condition => matches(condition, context, segments))

/**
 * Whether a condition holds. An attribute that is not given answers no question but whether it is given: "country is
 * not DE" is false where no country is known. Of a list, one member that fits is enough (for `is_not`: none may be).
 */
export function matches({ attribute, op, values }: Condition, context: Context, segments: Segments): boolean {
  if (op === 'in_segment' || op === 'not_in_segment') {
    const inside = values.some(key => isIn(segments.get(String(key)), context, segments))
    return op === 'in_segment' ? inside : !inside
  }
  const given = attributeOf(context, attribute)
  const known = given !== undefined && given !== null
  if (op === 'exists') return known
  if (op === 'missing') return !known
  if (!known) return false
  const members = Array.isArray(given) ? given : [given]
  if (op === 'is_not') return !members.some(member => values.some(value => isSame(member, value)))
  return members.some(member => values.some(value => tests[op](member, value)))
}

/** By its exact name, else along a path of dots; only what the context itself holds. */
export function attributeOf(context: Context, name: string): unknown {
  if (Object.hasOwn(context, name)) return context[name]
  if (!name.includes('.')) return undefined
  let at: unknown = context
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Context)[part]
  }
  return at
}

/** A segment that is not there has no members. */
export function isIn(segment: Segment | undefined, context: Context, segments: Segments): boolean {
  if (!segment) return false
  const key = context.targetingKey
  if (segment.exclude.some(id => id === key)) return false
  if (segment.include.some(id => id === key)) return true
  if (segment.when.length === 0) return false
  const holds = (condition: Condition) => matches(condition, context, segments)
  return segment.match === 'all' ? segment.when.every(holds) : segment.when.some(holds)
}

type Test = (given: unknown, value: unknown) => boolean
const text = (test: (given: string, value: string) => boolean): Test => {
  return (given, value) =>
    (typeof given === 'string' || typeof given === 'number') && test(String(given), String(value))
}
const number = (test: (given: number, value: number) => boolean): Test => {
  return (given, value) => test(numberOf(given), numberOf(value))
}
const moment = (test: (given: number, value: number) => boolean): Test => {
  return (given, value) => test(momentOf(given), momentOf(value))
}

/** Numbers and truths are also known by their texts: contexts come from JSON, forms and headers. */
const isSame: Test = (given, value) =>
  given === value || (typeof given !== 'object' && typeof given !== 'function' && String(given) === String(value))

type Compared = Exclude<Operator, 'is_not' | 'exists' | 'missing' | 'in_segment' | 'not_in_segment'>
const tests: Record<Compared, Test> = {
  is: isSame,
  contains: text((given, value) => given.includes(value)),
  starts_with: text((given, value) => given.startsWith(value)),
  ends_with: text((given, value) => given.endsWith(value)),
  matches: text((given, value) => given.length <= longestText && compilePattern(value).matcher(given).find()),
  above: number((given, value) => given > value),
  at_least: number((given, value) => given >= value),
  below: number((given, value) => given < value),
  at_most: number((given, value) => given <= value),
  before: moment((given, value) => given < value),
  after: moment((given, value) => given > value),
  version: text((given, value) => semver.satisfies(given, value, { includePrerelease: true })),
}
const longestText = 10_000
