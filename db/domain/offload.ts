import { z } from 'zod'

/** Texts of a span that may be large, as names of its columns. */
const textColumns = ['input', 'output', 'toolArguments', 'toolResult', 'params', 'statusMessage'] as const
export type Offloadable = Record<(typeof textColumns)[number], string> & {
  attributes: Record<string, string>
  events: { attributes: Record<string, string> }[]
}

/** Characters; a text longer than this stands out of line. */
export const offloadAbove = 65_536
/** What of it stays in the row: enough for lists and snippets. */
const previewLength = 4_096

/** The attribute that tells where a span's large texts are; nothing that a client sends under this name is kept. */
export const offloadedKey = 'davylamp.offloaded'

const references = z.record(z.string(), z.tuple([z.string().regex(/^[0-9a-f]{64}$/), z.number()]))
/** By place, the hash of the whole text and its length: `input`, `attributes.<key>`, `events.<n>.<key>`. */
export type References = z.infer<typeof references>

/**
 * A span with the beginnings of its large texts in their place; `keep` takes each whole text and gives its hash. The span
 * itself when it has none. Attribute values are JSON texts, and so are their beginnings.
 */
export function offload<Row extends Offloadable>(row: Row, keep: (text: string) => string): Row {
  const found: References = {}
  const shorten = (place: string, text: string, cut: (text: string) => string) => {
    if (text.length <= offloadAbove) return text
    found[place] = [keep(text), text.length]
    return cut(text)
  }
  const shortenAll = (prefix: string, texts: Record<string, string>) => {
    const long = Object.keys(texts).filter(key => (texts[key] ?? '').length > offloadAbove)
    if (long.length === 0) return texts
    const short: Record<string, string> = Object.assign(Object.create(null), texts)
    for (const key of long) short[key] = shorten(`${prefix}${key}`, texts[key] ?? '', jsonBeginning)
    return short
  }
  const columns = textColumns.map(name => [name, shorten(name, row[name], beginning)] as const)
  const attributes = shortenAll('attributes.', row.attributes)
  const events = row.events.map((event, at) => {
    const short = shortenAll(`events.${at}.`, event.attributes)
    return short === event.attributes ? event : { ...event, attributes: short }
  })
  const isForged = Object.hasOwn(row.attributes, offloadedKey)
  if (Object.keys(found).length === 0 && !isForged) return row
  const marked: Record<string, string> = Object.assign(Object.create(null), attributes)
  delete marked[offloadedKey]
  if (Object.keys(found).length > 0) marked[offloadedKey] = JSON.stringify(found)
  return { ...row, ...Object.fromEntries(columns), attributes: marked, events }
}

const beginning = (text: string) => text.slice(0, previewLength)
const jsonBeginning = (text: string) => JSON.stringify(`${beginning(text)}…`)

/** Where the large texts of a span are; none where it has none. */
export function referencesOf({ attributes }: Pick<Offloadable, 'attributes'>): References {
  const told = attributes[offloadedKey]
  if (told === undefined) return {}
  try {
    return references.parse(JSON.parse(told))
  } catch {
    return {}
  }
}

/** The span as it was sent. A text that is not found any more keeps its beginning. */
export function restore<Row extends Offloadable>(row: Row, contents: ReadonlyMap<string, string>): Row {
  const attributes: Record<string, string> = Object.assign(Object.create(null), row.attributes)
  const events = row.events.map(event => ({ ...event, attributes: { ...event.attributes } }))
  const whole = { ...row, attributes, events }
  for (const [place, [hash]] of Object.entries(referencesOf(row))) {
    const text = contents.get(hash)
    if (text === undefined) continue
    const column = textColumns.find(name => name === place)
    const [, at = '', key = ''] = /^events\.(\d+)\.(.*)$/s.exec(place) ?? []
    if (column) Object.assign(whole, { [column]: text })
    else if (place.startsWith('attributes.')) attributes[place.slice('attributes.'.length)] = text
    else if (events[Number(at)]) events[Number(at)]!.attributes[key] = text
  }
  delete attributes[offloadedKey]
  return whole
}
