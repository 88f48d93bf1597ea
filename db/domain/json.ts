export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** JSON that nests deeper is but a text: what goes down into it, as JSON.stringify does, would run out of stack. */
export const deepest = 500

/** JSON.parse, but undefined for what nests deeper than anyone may go. Throws SyntaxError. */
export function shallowJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return text.length > 2 * deepest && isDeep(value) ? undefined : value
}

/** Whether a value nests deeper than anyone may go. */
export function isDeep(value: unknown, left = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  if (Array.isArray(value)) return value.some(item => isDeep(item, left - 1))
  for (const key in value) if (isDeep((value as Record<string, unknown>)[key], left - 1)) return true
  return false
}

/** The value of a JSON text, or undefined when it is none, or too deep. */
export function readJson(text: string): Json | undefined {
  const first = text.trimStart()[0]
  if (!first || !'{["-0123456789tfn'.includes(first)) return undefined
  try {
    return shallowJson(text) as Json | undefined
  } catch {
    return undefined
  }
}

const unstorable = /\\u(?:0000|d[89a-f])/

/** A value's JSON as Postgres keeps it: U+FFFD in the place of each NUL, and of each half of a character that a cut left. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!unstorable.test(json)) return json
  return json.replace(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g, (found, code) => (code ? '\\ufffd' : found))
}

/** A text as Postgres keeps it. */
export const storableText = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

const longNumber = /-?\d{16,}/

/**
 * A JSON object or list indented for reading; any other text as it is. A text with numbers too long for a double stays
 * as sent, since parsing would change them.
 */
export function prettyJson(text: string): string {
  const value = readJson(text)
  if (typeof value !== 'object' || value === null) return text
  if (longNumber.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ''))) return text
  return JSON.stringify(value, null, 2)
}
