import { workflowVariants } from './arm.ts'
import type { Condition } from './condition.ts'
import type { Flag } from './flag.ts'
import type { FlagSet } from './flag-set.ts'
import type { Fault } from './item.ts'
import type { Segment } from './segment.ts'

type Others = Pick<FlagSet, 'flags' | 'segments'>

/** What is wrong with a flag among the others of its project: references to nothing, and circles. */
export function flagFaults(flag: Flag, others: Others): Fault[] {
  const faults = flag.rules.flatMap((rule, at) => segmentFaults(rule.when, `rules.${at}.when`, others))
  for (const [at, { flag: key, variants }] of flag.prerequisites.entries()) {
    const path = `prerequisites.${at}`
    const other = key === flag.key ? flag : others.flags.get(key)
    if (!other) faults.push({ path: `${path}.flag`, message: `there is no flag ${key}` })
    const unknown = other && variants.find(name => !variantsOf(other).includes(name))
    if (unknown) faults.push({ path: `${path}.variants`, message: `flag ${key} has no variant ${unknown}` })
    const circle = circleThrough(flag, key, others)
    if (circle) faults.push({ path: `${path}.flag`, message: `prerequisites go in a circle: ${circle.join(' -> ')}` })
  }
  return faults
}

function segmentFaults(when: Condition[], path: string, { segments }: Others): Fault[] {
  return when.flatMap(({ op, values }, at) => {
    if (op !== 'in_segment' && op !== 'not_in_segment') return []
    const unknown = values.find(key => !segments.has(String(key)))
    return unknown === undefined
      ? []
      : [{ path: `${path}.${at}.values`, message: `there is no segment ${String(unknown)}` }]
  })
}

/** The keys from a flag through one of its prerequisites back to it. */
function circleThrough(flag: Flag, first: string, { flags }: Others): string[] | undefined {
  const seen = new Set<string>()
  const walk = (key: string, path: string[]): string[] | undefined => {
    if (key === flag.key) return [...path, key]
    if (seen.has(key)) return undefined
    seen.add(key)
    for (const next of flags.get(key)?.prerequisites ?? []) {
      const circle = walk(next.flag, [...path, key])
      if (circle) return circle
    }
    return undefined
  }
  return walk(first, [flag.key])
}

/** The variants that a flag can serve. */
export const variantsOf = (flag: Flag): readonly string[] =>
  flag.kind === 'workflow' ? workflowVariants : Object.keys(flag.variants)

/** Variants that other flags ask of a flag as a prerequisite, and that it does not have. */
export const lackedVariants = (flag: Flag, { flags }: Others): Fault[] =>
  [...flags.values()].flatMap(({ key, prerequisites }) =>
    prerequisites
      .filter(asked => asked.flag === flag.key)
      .flatMap(({ variants }) => variants.filter(name => !variantsOf(flag).includes(name)))
      .map(name => ({ path: 'variants', message: `flag ${key} asks for ${name}: change that flag first` })),
  )

/** Keys of the flags that ask for a flag as a prerequisite. */
export const dependants = (key: string, { flags }: Others): string[] =>
  [...flags.values()].filter(flag => flag.prerequisites.some(asked => asked.flag === key)).map(flag => flag.key)

/** Keys of the flags whose rules ask for a segment. */
export const usersOf = ({ key }: Pick<Segment, 'key'>, { flags }: Others): string[] =>
  [...flags.values()]
    .filter(flag =>
      flag.rules.some(rule => rule.when.some(({ op, values }) => op.endsWith('in_segment') && values.includes(key))),
    )
    .map(flag => flag.key)
