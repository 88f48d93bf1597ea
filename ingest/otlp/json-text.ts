import { DecodeError } from './request.ts'

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown

/** Of what request a text is: how many bytes that has, and where the text begins in it, if it is told. */
type Part = { size: number; start?: number }

/**
 * Parses JSON as OTLP senders write it: bare NaN and Infinity are read as texts, and integers that a number cannot
 * hold exactly as bigint. Throws DecodeError.
 */
export function jsonFrom(bytes: Buffer, of: Part = { size: bytes.length, start: 0 }): unknown {
  const text = bytes.toString('utf8')
  try {
    return parse(text)
  } catch (cause) {
    const quoted = quoteBareNumbers(text)
    if (quoted !== text) return parseOr(quoted, of)
    throw unreadable(of, cause)
  }
}

function parseOr(text: string, of: Part) {
  try {
    return parse(text)
  } catch (cause) {
    throw unreadable(of, cause)
  }
}

const unreadable = ({ size, start }: Part, cause: unknown) =>
  new DecodeError(`cannot decode OTLP request of ${size} bytes: ${brief(cause, start)}`, { cause })

/** JSON.parse's message without the excerpt of the text that it quotes, which may be private. */
const brief = (cause: unknown, start: number | undefined) => {
  const position = /position (\d+)/.exec(String(cause))
  return `not JSON${position && start !== undefined ? `, at character ${start + Number(position[1])}` : ''}`
}

const keepIntegers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source) ? BigInt(source) : value

/** Without long digits outside of quotes the plain parser is exact, and ten times as fast as one with a reviver. */
function parse(text: string): unknown {
  const exact = !/[:[,]\s{0,8}-?\d{16}/.test(text)
  return exact
    ? JSON.parse(text)
    : JSON.parse(text, keepIntegers as (this: unknown, key: string, value: unknown) => unknown)
}

/** Puts quotes around NaN, Infinity and -Infinity where they stand outside of strings. */
function quoteBareNumbers(text: string): string {
  const pieces: string[] = []
  let from = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x4e || code === 0x49 || code === 0x2d) {
      const word = bareWords.find(word => text.startsWith(word, at))
      if (word) {
        pieces.push(text.slice(from, at), '"', word, '"')
        from = at + word.length
      }
      at += word?.length ?? 1
    } else at += 1
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(from)
}

const bareWords = ['NaN', 'Infinity', '-Infinity']

/** The index behind the string that opens at `at`. */
function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1
  return slashes % 2 === 1
}
