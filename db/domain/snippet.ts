import { type Json, readJson } from './json.ts'
import { type MessageRole, readMessages } from './messages.ts'

/** Fields of an object that say what it is about, best first. */
const tellingKeys = [
  'question',
  'query',
  'prompt',
  'answer',
  'text',
  'message',
  'content',
  'summary',
  'input',
  'output',
  'result',
  'error',
]
const cutValue = new RegExp(`"(?:${tellingKeys.join('|')})"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)`, 'g')

/**
 * One line for lists of what a text says: the last words of the given side in a conversation, the telling field of an
 * object, else the text itself. The text may be cut off anywhere.
 */
export function snippet(text: string, side: Extract<MessageRole, 'user' | 'assistant'>): string {
  return oneLine(saying(text, side))
}

/** One line, without Markdown's bold. */
const oneLine = (text: string) => text.replaceAll('**', '').replace(/\s+/g, ' ').trim()

function saying(text: string, side: MessageRole): string {
  const value = readJson(text)
  if (value === undefined) return cutJson(text) ?? text
  const parts = readMessages(text, side)
    .toReversed()
    .toSorted((a, b) => Number(b.role === side) - Number(a.role === side))
    .flatMap(message => message.parts)
  for (const part of parts) {
    if (part.type === 'text' && part.text.trim() !== '') return part.text
    if (part.type === 'tool_call') return `→ ${part.name} ${part.arguments}`
    if (part.type === 'json') return telling(readJson(part.text)) ?? part.text
  }
  return parts.length > 0 ? '' : text
}

function telling(value: Json | undefined): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  for (const key of tellingKeys) {
    const inner = value[key]
    if (typeof inner === 'string' && inner !== '') return inner
    const deeper = telling(inner)
    if (deeper) return deeper
  }
  return undefined
}

/** The last telling text of a JSON that was cut off; undefined when it is not JSON or has none. */
function cutJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  const last = [...text.matchAll(cutValue)].at(-1)?.[1]
  if (!last) return undefined
  const unescaped = readJson(`"${last.replace(/\\(u[0-9a-f]{0,3})?$/i, '')}"`)
  return typeof unescaped === 'string' ? unescaped : last
}
