import { RE2JS } from 're2js'
import semver from 'semver'
import { z } from 'zod'
import { type Operator, operators, type Takes } from './operators.ts'

const scalar = z.union([z.string().max(1000), z.number(), z.boolean()])
export type Scalar = z.infer<typeof scalar>

const names = Object.keys(operators) as [Operator, ...Operator[]]

/** One question about the context. All the values of a list mean "any of them". */
export const condition = z
  .strictObject({
    /** A name or a path with dots; the segment operators ask of the whole context and leave it empty. */
    attribute: z.string().max(200).default(''),
    op: z.enum(names),
    values: z.array(scalar).max(1000).default([]),
  })
  .superRefine(({ attribute, op, values }, context) => {
    const { takes } = operators[op]
    if (takes !== 'segments' && attribute === '')
      context.addIssue({ code: 'custom', path: ['attribute'], message: 'must name an attribute' })
    const fault = faults[takes](values)
    if (fault) context.addIssue({ code: 'custom', path: ['values'], message: fault })
  })
export type Condition = z.infer<typeof condition>

const one = (values: Scalar[]) => (values.length === 1 ? String(values[0]) : undefined)

const faults: Record<Takes, (values: Scalar[]) => string | undefined> = {
  values: values => (values.length === 0 ? 'must hold at least one value' : undefined),
  texts: values => (values.length === 0 || values.some(value => value === '') ? 'must hold texts' : undefined),
  pattern: values => {
    const text = one(values)
    return text === undefined ? 'must be one pattern' : patternFault(text)
  },
  number: values => (Number.isFinite(numberOf(one(values))) ? undefined : 'must be one number'),
  moment: values =>
    Number.isNaN(momentOf(one(values))) ? 'must be one date, as 2027-01-31 or with a time' : undefined,
  range: values => (semver.validRange(one(values) ?? 'none') === null ? 'must be one range, as >=2.1.0 <3' : undefined),
  nothing: values => (values.length > 0 ? 'must be left out' : undefined),
  segments: values => (values.length === 0 ? 'must name a segment' : undefined),
}

/** A number, also one written as a text; NaN for all else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}

/** Milliseconds since the epoch of a date, its text, or a number of milliseconds; NaN for all else. */
export function momentOf(value: unknown): number {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'number') return value
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}

const longestPattern = 500
const patterns = new Map<string, RE2JS>()

/**
 * A pattern of RE2's syntax, which is matched in time linear in the text: one written by hand, or by an enemy, cannot
 * hang the process. Throws for one that does not compile.
 */
export function compilePattern(text: string): RE2JS {
  const known = patterns.get(text)
  if (known) return known
  if (text.length > longestPattern) throw new Error(`is longer than ${longestPattern} characters`)
  const made = RE2JS.compile(text)
  if (patterns.size >= 1000) patterns.clear()
  patterns.set(text, made)
  return made
}

function patternFault(text: string): string | undefined {
  try {
    compilePattern(text)
    return undefined
  } catch (error) {
    return `is not a pattern: ${error instanceof Error ? error.message : String(error)}`
  }
}
