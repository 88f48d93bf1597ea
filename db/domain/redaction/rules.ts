import { z } from 'zod'

export const detectorNames = ['email', 'card', 'iban', 'ssn', 'ip', 'phone', 'secret'] as const
export type DetectorName = (typeof detectorNames)[number]

export const mostPatterns = 20
export const mostAttributes = 100
export const longestPattern = 300

const unique = (items: readonly string[]) => new Set(items).size === items.length

/** Postgres keeps no NUL and no half of a character. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')
const notStorable = 'It holds a character that cannot be stored.'

const pattern = z.object({
  /** It stands in `[redacted: name]`, also within JSON. */
  name: z
    .string()
    .trim()
    .min(1, 'Name the pattern.')
    .max(40, 'At most 40 characters.')
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, 'Use letters, digits, spaces, dots and dashes.'),
  /** A regular expression, of RE2. */
  pattern: z
    .string()
    .min(1, 'Write a regular expression.')
    .max(longestPattern, `At most ${longestPattern} characters.`)
    .refine(isStorable, notStorable),
})

/** What a project never stores. */
export const redactionRules = z.object({
  detectors: z.array(z.enum(detectorNames)).refine(unique, 'Each detector once.').default([]),
  patterns: z
    .array(pattern)
    .max(mostPatterns, `A project can have ${mostPatterns} patterns.`)
    .refine(patterns => unique(patterns.map(({ name }) => name)), 'Each pattern needs a name of its own.')
    .default([]),
  /** Keys of attributes whose values are replaced whole; one that ends in `*` is a beginning. */
  attributes: z
    .array(
      z
        .string()
        .trim()
        .min(1)
        .max(200, 'At most 200 characters a key.')
        .regex(/^(?:[^*\s]+\*?|)$/, 'A key holds no spaces, and * only at its end.')
        .refine(isStorable, notStorable),
    )
    .max(mostAttributes, `A project can have ${mostAttributes} keys.`)
    .default([]),
})
export type RedactionRules = z.infer<typeof redactionRules>
export type OwnPattern = RedactionRules['patterns'][number]

export const noRules: RedactionRules = { detectors: [], patterns: [], attributes: [] }

export const isEmpty = ({ detectors, patterns, attributes }: RedactionRules) =>
  detectors.length + patterns.length + attributes.length === 0
