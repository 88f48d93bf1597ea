import { createHash } from 'node:crypto'
import { stringOf, type Text } from './byte-writer.ts'
import { offload, offloadAbove, referencesOf, restore } from './domain/offload.ts'
import { isTextMap } from './native.ts'
import type { Payload } from './payloads.ts'
import type { SpanRow } from './span-table.ts'

/**
 * Rows whose large texts stand out of line, and these texts, each once for a project: to be stored before the rows, so
 * that no span names what is not there. The rows themselves are left as they are.
 */
export function outOfLine(rows: readonly SpanRow[]): { rows: readonly SpanRow[]; payloads: Payload[] } {
  if (!rows.some(mayBeLarge)) return { rows, payloads: [] }
  const payloads = new Map<string, Payload>()
  const short = rows.map(row => {
    if (!mayBeLarge(row)) return row
    return offload(spelledOut(row), content => {
      const hash = createHash('sha256').update(content).digest('hex')
      payloads.set(`${row.projectId}/${hash}`, { projectId: row.projectId, hash, content })
      return hash
    })
  })
  return { rows: short, payloads: [...payloads.values()] }
}

/** A row as it was before its large texts were taken out. */
export function backInLine(row: SpanRow, contents: ReadonlyMap<string, string>): SpanRow {
  if (isTextMap(row.attributes) || Object.keys(referencesOf({ attributes: row.attributes })).length === 0) return row
  return restore(spelledOut(row), contents)
}

const isLong = (text: Text | undefined) => text !== undefined && text.length > offloadAbove

/** Whether a text may be long enough to stand out of line, told without reading any. */
function mayBeLarge(row: SpanRow): boolean {
  if (isLong(row.input) || isLong(row.output) || isLong(row.toolArguments) || isLong(row.toolResult)) return true
  if (isLong(row.params) || isLong(row.statusMessage) || longest(row.attributes) > offloadAbove) return true
  return typeof row.events !== 'string' && row.events.some(({ attributes }) => longest(attributes) > offloadAbove)
}

function longest(texts: SpanRow['attributes']): number {
  if (isTextMap(texts)) return texts.longest
  let most = 0
  for (const key in texts) most = Math.max(most, (texts[key] as string).length)
  return most
}

/** The row with every text as a string, in records. */
function spelledOut(row: SpanRow) {
  return {
    ...row,
    input: stringOf(row.input),
    output: stringOf(row.output),
    toolArguments: stringOf(row.toolArguments),
    toolResult: stringOf(row.toolResult),
    params: stringOf(row.params),
    attributes: isTextMap(row.attributes) ? row.attributes.record() : row.attributes,
    events: typeof row.events === 'string' ? readEvents(row.events) : row.events,
  }
}

type Event = { name: string; timeNs: bigint; attributes: Record<string, string> }

/** As `eventsText` of span-table.ts writes them. */
function readEvents(text: string): Event[] {
  const events = JSON.parse(text) as (Omit<Event, 'timeNs'> & { timeNs: string })[]
  return events.map(event => ({ ...event, timeNs: BigInt(event.timeNs) }))
}
