/** One place at which two documents differ; `from` or `to` is undefined where it is not there. */
export type Change = { path: string; from: unknown; to: unknown }

/** What differs, in the order of the documents' fields: objects and lists of objects field by field, all else whole. */
export function diff(before: unknown, after: unknown, path = ''): Change[] {
  if (isEqual(before, after)) return []
  const both = isRecord(before) && isRecord(after) ? [before, after] : listsOfRecords(before, after)
  if (!both) return [{ path, from: before, to: after }]
  const [from, to] = both as [Record<string, unknown>, Record<string, unknown>]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return keys.flatMap(key => diff(from[key], to[key], path === '' ? key : `${path}.${key}`))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function listsOfRecords(before: unknown, after: unknown) {
  const lists = [before, after].map(value => (Array.isArray(value) && value.every(isRecord) ? value : undefined))
  return lists.every(list => list !== undefined) ? lists.map(list => ({ ...list })) : undefined
}

/** Of values as JSON has them; the order of an object's fields does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, at) => isEqual(value, b[at]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every(key => isEqual(a[key], b[key]))
}
