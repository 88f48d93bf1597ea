import { jsonText } from '../otlp/json-of-value.ts'
import type { Attributes, AttributeValue } from '../otlp/request.ts'

type Branch = { value?: AttributeValue; branches: Map<string, Branch> }

/** The lists that conventions flatten. */
const lists = [
  'llm.input_messages',
  'llm.output_messages',
  'llm.prompts',
  'gen_ai.prompt',
  'gen_ai.completion',
  'retrieval.documents',
]

/** The keys of each flattened list that a span has. */
export type FlattenedLists = ReadonlyMap<string, string[]>

/** The flattened list that a key is a part of. */
export function listOf(key: string): string | undefined {
  return lists.find(prefix => key.startsWith(prefix) && isIndexed(key, prefix.length))
}

/** Whether `.` and one to nine digits stand at `at`, and a dot or nothing behind them. */
function isIndexed(key: string, at: number): boolean {
  if (key.charCodeAt(at) !== 0x2e) return false
  let end = at + 1
  while (end < key.length && key.charCodeAt(end) >= 0x30 && key.charCodeAt(end) <= 0x39) end += 1
  const digits = end - at - 1
  return digits > 0 && digits <= 9 && (end === key.length || key.charCodeAt(end) === 0x2e)
}

/** Keys of the form `prefix.0.a.b` nest at most this deep; a deeper one keeps its rest as one name. */
const maxSegments = 16

/**
 * Rebuilds the list that was flattened under `prefix`: `prefix.0.message.role` becomes `[{"role": ...}]` as JSON text.
 * Names in `wrappers` (OpenInference writes `message.`, `tool_call.`) are left out. '' when there is none.
 */
export function unflatten(
  attributes: Attributes,
  prefix: string,
  keys: readonly string[],
  wrappers: readonly string[] = [],
): string {
  const root: Branch = { branches: new Map() }
  for (const key of keys)
    plant(root, segments(key.slice(prefix.length + 1), wrappers), attributes.get(key) as AttributeValue)
  return keys.length > 0 ? branchText(root) : ''
}

function segments(rest: string, wrappers: readonly string[]): string[] {
  const parts = rest.split('.')
  const near = parts.slice(0, maxSegments)
  if (parts.length > maxSegments) near.push(parts.slice(maxSegments).join('.'))
  return near.filter((part, at) => at === 0 || at === near.length - 1 || !wrappers.includes(part))
}

function plant(root: Branch, path: string[], value: AttributeValue) {
  let at = root
  for (const name of path) {
    const next = at.branches.get(name) ?? { branches: new Map() }
    at.branches.set(name, next)
    at = next
  }
  at.value = value
}

/** A branch whose names are all numbers is a list, in the order of its numbers and without holes. */
function branchText({ value, branches }: Branch): string {
  if (branches.size === 0) return jsonText(value ?? null)
  const entries = [...branches]
  if (entries.every(([name]) => /^\d+$/.test(name))) {
    entries.sort(([a], [b]) => Number(a) - Number(b))
    return `[${entries.map(([, branch]) => branchText(branch)).join(',')}]`
  }
  return `{${entries.map(([name, branch]) => `${JSON.stringify(name)}:${branchText(branch)}`).join(',')}}`
}
