export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The value of a JSON text, or undefined when it is none. */
export function readJson(text: string): Json | undefined {
  const first = text.trimStart()[0]
  if (!first || !'{["-0123456789tfn'.includes(first)) return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

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
