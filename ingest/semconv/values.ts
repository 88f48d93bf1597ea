import { shallowJson } from '../../db/domain/json.ts'
import { jsonText } from '../otlp/json-of-value.ts'
import type { Attributes, AttributeValue } from '../otlp/request.ts'

type Given = AttributeValue | undefined

/** A value as plain text: a string as it is, anything else as JSON; '' when there is none. */
export function text(value: Given): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : jsonText(value)
}

/** A count of tokens or the like, from a number or its text: a whole number that UInt32 holds, else 0. */
export function count(value: Given): number {
  const number = Math.trunc(amount(value) ?? 0)
  return Math.min(Math.max(number, 0), 0xffffffff)
}

/** A finite number, or undefined. */
export function amount(value: Given): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return undefined
  const number = value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}

const none: readonly string[] = []

/** A list of texts, from a list, a JSON list or one text. */
export function texts(value: Given): readonly string[] {
  if (value === undefined || value === null || value === '') return none
  if (Array.isArray(value)) return value.map(text).filter(item => item !== '')
  if (typeof value === 'string' && value.startsWith('[')) {
    const list = fromJson(value)
    if (Array.isArray(list)) return list.map(item => (typeof item === 'string' ? item : JSON.stringify(item)))
  }
  return [text(value)]
}

/** JSON.parse for values that may be anything; undefined when it is not JSON, or nests too deep to be walked through. */
export function fromJson(value: string): unknown {
  // What throws costs far more than what is parsed, and most spans have nothing here.
  if (value === '') return undefined
  try {
    return shallowJson(value)
  } catch {
    return undefined
  }
}

/** All attributes as JSON texts, but for those in `without`. The record has no prototype: any key is safe. */
export function jsonTexts(attributes: Attributes, without?: ReadonlySet<string>): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [key, value] of attributes) if (!without?.has(key)) found[key] = jsonText(value)
  return found
}
