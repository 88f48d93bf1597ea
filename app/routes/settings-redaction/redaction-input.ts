import { z } from 'zod'
import { redactionRules } from '../../../db/domain/redaction/rules.ts'
import { patternFault } from '../../../db/redaction.ts'

export const longestTried = 20_000

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'These are not rules.' })
    return z.NEVER
  }
})

/** Rules as the page sends them, in one text, with patterns that compile. */
const rules = json.pipe(redactionRules).superRefine(({ patterns }, context) => {
  for (const [at, { pattern }] of patterns.entries()) {
    const message = patternFault(pattern)
    if (message) context.addIssue({ code: 'custom', path: ['patterns', at, 'pattern'], message })
  }
})

export const saveForm = z.object({ rules, version: z.coerce.number().int().min(0) })

export const tryForm = z.object({
  rules,
  text: z.string().max(longestTried, `At most ${longestTried.toLocaleString('en')} characters.`),
  attribute: z.string().trim().max(200, 'At most 200 characters.').default(''),
})

/** One sentence a field, under its path: `patterns.0.pattern`. */
export function faultsOf({ issues }: z.ZodError): Record<string, string> {
  const faults: Record<string, string> = {}
  for (const { path, message } of issues) faults[placeOf(path.map(String))] ??= message
  return faults
}

function placeOf([field = 'form', ...rest]: string[]): string {
  if (field !== 'rules') return field
  if (rest[0] === 'attributes' || rest.length === 0) return rest[0] ?? 'form'
  return rest.join('.')
}
