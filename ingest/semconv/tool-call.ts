import { stringOf } from '../../db/byte-writer.ts'
import { type Span, type ToolOutcome, toolOutcomes } from '../../db/domain/span.ts'
import type { OtlpSpan } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import type { Payload } from './payload.ts'
import { toolMessageIn } from './tool-message.ts'
import { toolOutcome } from './tool-outcome.ts'
import { text } from './values.ts'

/** What a span that is no tool has of a tool call. */
export const noToolCall = {
  id: '',
  arguments: '',
  result: '',
  outcome: '' as ToolOutcome,
  /** Whether the result is but a part of what was told. */
  unwrapped: false,
  moved: { input: false, output: false },
}

/** A tool's arguments and result stand in columns of their own; without them, its input and output are they. */
export function toolCallOf({
  span,
  found,
  input,
  output,
  status,
}: {
  span: OtlpSpan
  found: FoundColumns
  input: Payload
  output: Payload
  status: Span['status']
}) {
  const moved = { input: found.key('toolArguments') === undefined, output: found.key('toolResult') === undefined }
  const recorded = !moved.output || output.taken.length > 0 || found.key('output') !== undefined
  const result = moved.output ? stringOf(output.text) : text(found.value('toolResult'))
  const message = toolMessageIn(result)
  const said = toolOutcomes.find(outcome => outcome === text(found.value('toolOutcome')))
  const judged = toolOutcome({ failed: status === 'error', result: recorded ? (message?.json ?? result) : undefined })
  const unfinished = status === 'interrupted' || (span.endNs === 0n && status === 'unset')
  return {
    id: text(found.value('toolCallId')) || (message?.callId ?? ''),
    arguments: moved.input ? input.text : text(found.value('toolArguments')),
    result: message?.content ?? result,
    unwrapped: message !== undefined,
    outcome: said || (unfinished ? ('' as const) : judged),
    moved,
  }
}

/** A tool that no attribute names is called as its span is. */
export function toolNameFrom(span: OtlpSpan): string {
  return text(span.attributes.get('traceloop.entity.name')) || span.name.replace(/^execute_tool /, '')
}
