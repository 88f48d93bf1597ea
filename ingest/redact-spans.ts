import { stringOf } from '../db/byte-writer.ts'
import { hiddenValue, type Redactor } from '../db/domain/redaction/redactor.ts'
import { isTextMap } from '../db/native.ts'
import type { SpanRow } from '../db/span-table.ts'
import type { Attributes, AttributeValue, OtlpSpan } from './otlp/request.ts'
import { turn } from './turns.ts'

type Texts = Record<string, string>

/** So many characters are searched in one go; then others have their turn. */
const atOnce = 64 << 10

/** The same attributes with the values replaced that a project hides; those themselves when it hides none of them. */
export function hideValues(attributes: Attributes, { hides }: Redactor): Attributes {
  let shown: Map<string, AttributeValue> | undefined
  for (const key of keysOf(attributes)) {
    if (!hides(key)) continue
    shown ??= new Map(attributes)
    shown.set(key, hiddenValue)
  }
  return shown ?? attributes
}

function* keysOf(attributes: Attributes) {
  if ('nameAt' in attributes && typeof attributes.nameAt === 'function')
    for (let at = 0; at < attributes.size; at++) yield attributes.nameAt(at).text as string
  else for (const [key] of attributes) yield key
}

/** Hides values of a span, its events and links before they are mapped, so that no column can be taken from them. */
export function hideInSpan(span: OtlpSpan, redactor: Redactor) {
  span.attributes = hideValues(span.attributes, redactor)
  for (const part of [...span.events, ...span.links]) part.attributes = hideValues(part.attributes, redactor)
}

/** Columns that join rows: where all of a project's would have the mark, none is better. */
const ids = ['sessionId', 'userId', 'conversationId', 'runId', 'toolCallId', 'workflow', 'workflowVersion'] as const

/** Takes the marks of hidden values out of columns by which rows are joined. */
export function dropMarks(span: SpanRow) {
  for (const id of ids) if (span[id] === hiddenValue) span[id] = ''
  span.featureFlags = shownFlags(span.featureFlags)
}

/** Flags without those whose name or variant is hidden. */
export function shownFlags(flags: Texts): Texts {
  const isHidden = (flag: string) => flag === hiddenValue || flags[flag] === hiddenValue
  if (!Object.keys(flags).some(isHidden)) return flags
  const shown: Texts = Object.create(null)
  for (const flag in flags) if (!isHidden(flag)) shown[flag] = flags[flag] as string
  return shown
}

/** Under which name the facts of a project's traces are remembered: what was known before its rules is not after. */
export const rememberedBy = (projectId: string, redactor: Redactor | undefined) =>
  redactor ? `${projectId} ${redactor.version}` : projectId

/** Replaces what a project never stores in mapped spans, whose resource was done when it was mapped. */
export async function redactInTurns(spans: readonly SpanRow[], redactor: Redactor) {
  if (!redactor.searches) return
  let searched = 0
  for (const span of spans) {
    searched += redactSpan(span, redactor)
    if (searched < atOnce) continue
    searched = 0
    await turn()
  }
}

const texts = ['input', 'output', 'params', 'toolArguments', 'toolResult'] as const

/** How many characters were searched, roughly. */
function redactSpan(span: SpanRow, redactor: Redactor): number {
  let searched = 500
  for (const name of texts) {
    const given = span[name]
    if (given.length === 0) continue
    const text = stringOf(given)
    const redacted = redactor.text(text)
    if (redacted !== text) span[name] = redacted
    searched += text.length
  }
  if (span.statusMessage !== '') span.statusMessage = redactor.text(span.statusMessage)
  const name = redactor.text(span.name)
  // A tool that no attribute names has its name from the span.
  if (name !== span.name && span.toolName === span.name.replace(/^execute_tool /, ''))
    span.toolName = redactor.text(span.toolName)
  span.name = name
  if (span.tags.length > 0) span.tags = span.tags.map(redactor.text)
  const attributes = isTextMap(span.attributes) ? span.attributes.record() : span.attributes
  const redacted = redactJsonTexts(attributes, redactor)
  if (redacted !== attributes) span.attributes = redacted
  for (const key in attributes) searched += (attributes[key] as string).length
  if (typeof span.events !== 'string')
    span.events = span.events.map(event => {
      searched += 100
      return { ...event, name: redactor.text(event.name), attributes: redactJsonTexts(event.attributes, redactor) }
    })
  if (typeof span.links !== 'string')
    span.links = span.links.map(({ traceId, spanId, attributes }) => ({
      traceId: idOf(traceId, redactor),
      spanId: idOf(spanId, redactor),
      attributes: redactJsonTexts(attributes, redactor),
    }))
  return searched
}

/** A link may hold anything in the place of an id. */
const idOf = (id: string, redactor: Redactor) => (/^[0-9a-f]*$/.test(id) ? id : redactor.text(id))

/** JSON texts by key, with what is found in them replaced; the record itself when nothing is. */
export function redactJsonTexts(record: Texts, redactor: Redactor): Texts {
  let changed: Texts | undefined
  for (const key in record) {
    const json = record[key] as string
    const redacted = redactor.json(json)
    if (redacted === json) continue
    changed ??= Object.assign(Object.create(null), record) as Texts
    changed[key] = redacted
  }
  return changed ?? record
}
