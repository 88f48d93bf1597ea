type Values = Record<string, string | number | boolean | null>

/** What differs, as `{ name: { from, to } }`: what the history shows. */
export function changes(before: Values, after: Values): Record<string, { from: unknown; to: unknown }> {
  const names = Object.keys(after).filter(name => before[name] !== after[name])
  return Object.fromEntries(names.map(name => [name, { from: before[name], to: after[name] }]))
}
