import { type Finder, redactPlain } from './finders.ts'

/** JSON within JSON is gone into so many times; what is deeper is read as it stands. */
const mostDepth = 12
/** Shorter numbers are no account's or customer's, but counts. */
const leastDigits = 6

/**
 * A text with all that is found in it replaced; the same text when nothing was. Within JSON the texts are read as they
 * are meant, without their escapes, also those that are JSON again, and it stays JSON with all else as it stands.
 */
export function redactText(text: string, finders: readonly Finder[], depth = 0): string {
  const able = ableOf(text, finders)
  if (able.length === 0) return text
  return depth < mostDepth && isJson(text) ? redactWithin(text, able, depth) : redactPlain(text, able)
}

/** The same of a text that is known to be JSON, also when it is but a number. */
export function redactJson(json: string, finders: readonly Finder[]): string {
  const able = ableOf(json, finders)
  return able.length === 0 ? json : redactWithin(json, able, 0)
}

/** Those that may find something; where any character can stand as an escape, they all may. */
function ableOf(text: string, finders: readonly Finder[]): readonly Finder[] {
  if (text.includes('\\u')) return finders
  return finders.every(finder => finder.mayBeIn(text)) ? finders : finders.filter(finder => finder.mayBeIn(text))
}

const ends: Record<string, string> = { '{': '}', '[': ']', '"': '"' }

function isJson(text: string): boolean {
  const end = ends[/^[\s]{0,100}(\S)/.exec(text)?.[1] ?? '']
  if (end === undefined || !text.slice(-100).trimEnd().endsWith(end)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const quote = 0x22
const minus = 0x2d
const isDigit = (code: number) => code >= 0x30 && code <= 0x39

function redactWithin(json: string, finders: readonly Finder[], depth: number): string {
  const pieces: string[] = []
  const keys = new Set<string>()
  let kept = 0
  for (let at = 0; at < json.length; ) {
    const code = json.charCodeAt(at)
    const isText = code === quote
    if (!isText && code !== minus && !isDigit(code)) {
      at += 1
      continue
    }
    const end = isText ? endOfText(json, at) : endOfNumber(json, at)
    const inner = isText ? meantBy(json, at, end) : json.slice(at, end)
    const redacted = !isText && inner.length < leastDigits ? inner : redactText(inner, finders, depth + 1)
    if (redacted !== inner) {
      pieces.push(json.slice(kept, at), JSON.stringify(isText && isKey(json, end) ? unlike(keys, redacted) : redacted))
      kept = end
    }
    at = end
  }
  if (kept === 0) return json
  pieces.push(json.slice(kept))
  return pieces.join('')
}

/** Behind the quote that closes a text. */
function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let slashes = 0
    while (json[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at + 1
  }
  return json.length
}

const number = /[\d.eE+-]+/y
function endOfNumber(json: string, start: number): number {
  number.lastIndex = start
  number.test(json)
  return number.lastIndex
}

function meantBy(json: string, start: number, end: number): string {
  const literal = json.slice(start + 1, end - 1)
  return literal.includes('\\') ? (JSON.parse(json.slice(start, end)) as string) : literal
}

const isKey = (json: string, end: number) => /\s*:/y.test(json.slice(end, end + 20))

/** Keys of one text stay different ones, so that no reader drops what stands under the second. */
function unlike(keys: Set<string>, key: string): string {
  let given = key
  for (let count = 2; keys.has(given); count++) given = `${key} (${count})`
  keys.add(given)
  return given
}
