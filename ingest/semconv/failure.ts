import { type SpanStatus, spanStatuses } from '../../db/domain/span.ts'
import type { OtlpEvent, OtlpSpan } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { text } from './values.ts'

const isException = ({ name }: OtlpEvent) => name === 'exception'
/** OpenTelemetry for Python writes it as a text, True or False. */
const leftTheSpan = (event: OtlpEvent) =>
  isException(event) && text(event.attributes.get('exception.escaped')).toLowerCase() !== 'false'

const interrupts = /\b(GraphInterrupt|NodeInterrupt)\b/
/** LangSmith's exporter makes a plain Error of every failure, whose message begins with what it was. */
const interruptFirst = /^(\w+\.)*(GraphInterrupt|NodeInterrupt)\b/

/** What LangSmith's exporters make of the words of any failure. */
const plainErrors = new Set(['Error', 'Exception'])

/**
 * How a span ended, and the words for it. Status 2, `error.type` or an exception make an error, unless the status says
 * ok or the exception did not leave the span. LangSmith's exporters say ok of each run when it begins, which
 * OpenTelemetry does not let them take back when it fails: there the exception counts. LangGraph's interrupts are raised
 * as exceptions and are none.
 */
export function statusOf(span: OtlpSpan, found: FoundColumns): { status: SpanStatus; statusMessage: string } {
  const left = span.events.length === 0 ? undefined : span.events.findLast(leftTheSpan)
  const exception = left ?? span.events.findLast(isException)
  const exceptionType = text(exception?.attributes.get('exception.type'))
  const exceptionMessage = text(exception?.attributes.get('exception.message'))
  const errorType = text(span.attributes.get('error.type'))
  const langfuse = span.attributes.get('langfuse.observation.level') === 'ERROR'
  const statusMessage =
    span.statusMessage ||
    (langfuse && text(span.attributes.get('langfuse.observation.status_message'))) ||
    exceptionMessage ||
    exceptionType ||
    errorType
  const told = text(found.value('status'))
  const said = told === '' ? undefined : spanStatuses.find(status => status === told)
  if (said) return { status: said, statusMessage }
  const failedRun = plainErrors.has(exceptionType) && span.attributes.has('langsmith.span.kind')
  const says = errorType !== '' || left !== undefined || langfuse
  const failed = span.statusCode === 2 || failedRun || (span.statusCode !== 1 && says)
  if (!failed) return { status: span.statusCode === 1 ? 'ok' : 'unset', statusMessage: span.statusMessage }
  const interrupted =
    [errorType, exceptionType, span.statusMessage].some(words => interrupts.test(words.slice(0, 500))) ||
    interruptFirst.test(exceptionMessage.slice(0, 500))
  return { status: interrupted ? 'interrupted' : 'error', statusMessage }
}
