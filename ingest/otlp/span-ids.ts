import type { OtlpSpan } from './request.ts'

/** Why a span cannot be stored, or undefined when its ids are sound. */
export function idFault(span: OtlpSpan): string | undefined {
  return (
    fault('trace id', span.traceId, 32) ??
    fault('span id', span.spanId, 16) ??
    (isRoot(span) ? undefined : fault('parent span id', span.parentSpanId, 16))
  )
}

/** A parent id that is absent or all zeros says that the span has none. */
export const isRoot = ({ parentSpanId }: OtlpSpan) => parentSpanId === '' || /^0+$/.test(parentSpanId)

const sound = /^0*[1-9a-f][0-9a-f]*$/

function fault(what: string, id: string, digits: number): string | undefined {
  if (id.length === digits && sound.test(id)) return undefined
  if (id === '') return `${what} is missing`
  if (!/^[0-9a-f]+$/.test(id)) return `${what} is not hexadecimal`
  if (id.length !== digits) return `${what} is not ${digits / 2} bytes long`
  return `${what} is all zeros`
}
