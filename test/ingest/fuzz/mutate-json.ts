import { byteMutations, many, pick, type Random, upTo } from './mutate-bytes.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Place = { holder: Record<string, Json> | Json[]; key: string | number }

function* places(value: Json): Generator<Place> {
  if (typeof value !== 'object' || value === null) return
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield { holder: value, key }
    yield* places((value as Record<string, Json>)[key] as Json)
  }
}

const read = ({ holder, key }: Place) => (holder as Record<string, Json>)[key] as Json
const write = ({ holder, key }: Place, value: Json) => {
  ;(holder as Record<string, Json>)[key] = value
}

const odd: Json[] = [
  ...[null, true, 0, -1, 1.5, 1e300, 2 ** 53, '', '0', '-1', 'NaN', '9223372036854775808', '18446744073709551616'],
  ...[[], {}, [[]], { stringValue: 5 }, { intValue: 'x' }, { kvlistValue: { values: [{}] } }, { arrayValue: {} }],
  ...[
    { bytesValue: '*' },
    { intValue: Number.POSITIVE_INFINITY },
    { doubleValue: 'NaN' },
    '\ud800',
    '\u0000',
    'x'.repeat(5_000),
  ],
] as Json[]

const valueMutations: Record<string, (random: Random, place: Place) => void> = {
  'another value': (random, place) => write(place, structuredClone(pick(random, odd))),
  'a value gone'(_random, { holder, key }) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  },
  'a name in snake case'(_random, place) {
    const { holder, key } = place
    if (Array.isArray(holder)) return
    holder[String(key).replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)] = read(place)
  },
  'a list of thousands'(random, place) {
    const value = read(place)
    const count = many(random, JSON.stringify(value ?? null).length)
    write(
      place,
      Array.from({ length: count }, () => structuredClone(value)),
    )
  },
  'deep lists'(random, place) {
    let value: Json = { stringValue: 'x' }
    for (let depth = upTo(random, 400); depth > 0; depth--) value = { arrayValue: { values: [value] } }
    write(place, value)
  },
  'a value of elsewhere'(random, place) {
    const { holder } = place
    const found = [...places(holder as Json)]
    if (found.length > 0) write(place, structuredClone(read(pick(random, found))))
  },
}

const textMutations: Record<string, (random: Random, text: string) => string> = {
  'a name twice': (random, text) =>
    text.replace(/"(\w+)":("[^"]*"|\d+)/, match => (random() < 0.9 ? `${match},${match}` : match)),
  'bare words': (random, text) =>
    text.replace(/:"[^"]*"/, () => `:${pick(random, ['NaN', 'Infinity', '-Infinity', 'nul'])}`),
  'digits without end': (random, text) => text.replace(/:"?\d+"?/, () => `:${'9'.repeat(1 + upTo(random, 400))}`),
  'brackets without end': (random, text) => '['.repeat(1 + upTo(random, 5_000)) + text,
  'half a surrogate pair': (_random, text) => text.replace(/"stringValue":"/, '"stringValue":"\\ud83d'),
}

/** One to three changes of a request, of its values, its text or its bytes; and what they were. */
export function mutateJson(random: Random, bytes: Buffer, other: Buffer): { bytes: Buffer; how: string[] } {
  const root = JSON.parse(bytes.toString()) as Json
  const how: string[] = []
  for (let count = upTo(random, 3); count > 0; count--) {
    const found = [...places(root)]
    if (found.length === 0) break
    const name = pick(random, Object.keys(valueMutations))
    valueMutations[name]?.(random, pick(random, found))
    how.push(name)
  }
  let text = JSON.stringify(root)
  if (random() < 0.3) {
    const name = pick(random, Object.keys(textMutations))
    text = textMutations[name]?.(random, text) ?? text
    how.push(name)
  }
  let changed = Buffer.from(text)
  if (how.length === 0 || random() < 0.2) {
    const name = pick(random, Object.keys(byteMutations))
    changed = Buffer.from(byteMutations[name]?.(random, changed, other) ?? changed)
    how.push(name)
  }
  return { bytes: changed, how }
}
