import { z } from 'zod'
import { flag } from './flag.ts'
import { segment } from './segment.ts'

/** AI on or off for a whole project, or for the whole installation. */
export const aiSwitch = z.strictObject({
  off: z.boolean(),
  whenOff: z.enum(['finish', 'stop']).default('stop'),
  reason: z.string().max(500).default(''),
})
export type AiSwitch = z.infer<typeof aiSwitch>

/** What is kept with a history: each kind's schema. The switch has one key, `ai`. */
export const itemSchemas = { flag, segment, ai: aiSwitch }
export const itemKinds = ['flag', 'segment', 'ai'] as const
export type ItemKind = (typeof itemKinds)[number]
export type ItemDoc<K extends ItemKind = ItemKind> = z.infer<(typeof itemSchemas)[K]>

export type Fault = { path: string; message: string }

/** Parses what is to be kept; each fault with the path of what is wrong. */
export function parseItem<K extends ItemKind>(kind: K, doc: unknown): { doc: ItemDoc<K> } | { faults: Fault[] } {
  const parsed = itemSchemas[kind].safeParse(doc)
  if (parsed.success) {
    const fault = storageFault(JSON.stringify(parsed.data))
    return fault ? { faults: [{ path: '', message: fault }] } : { doc: parsed.data as ItemDoc<K> }
  }
  const faults = parsed.error.issues.map(issue => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    return { path: [...issue.path, ...unknown].join('.'), message: issue.message }
  })
  return { faults }
}

const longest = 512 * 1024

function storageFault(json: string): string | undefined {
  if (json.length > longest) return `is ${json.length} characters as JSON, and may be ${longest}`
  // Postgres has no place for this one character in JSON.
  return json.includes('\\u0000') ? 'must not hold the character NUL' : undefined
}
