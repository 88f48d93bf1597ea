import type { z } from 'zod'

export type FormErrors = Record<string, string>

/**
 * Parses a form. On bad input it gives one sentence a field, and what was typed so that the page can keep it;
 * fields named in `secret` are not handed back.
 */
export function parseForm<Schema extends z.ZodType>(schema: Schema, form: FormData, secret: string[] = []) {
  const typed = Object.fromEntries([...form].filter(([, value]) => typeof value === 'string')) as Record<string, string>
  const parsed = schema.safeParse(typed)
  const odd = Object.keys(typed).filter(name => typed[name]?.includes('\0'))
  if (parsed.success && odd.length === 0) return { ok: true as const, value: parsed.data as z.infer<Schema> }
  const errors: FormErrors = {}
  for (const name of odd) errors[name] = 'Must not hold the character NUL.'
  for (const issue of parsed.error?.issues ?? []) errors[String(issue.path[0] ?? 'form')] ??= issue.message
  return {
    ok: false as const,
    errors,
    values: Object.fromEntries(Object.entries(typed).filter(([name]) => !secret.includes(name))),
  }
}
