import { prettyJson } from '../../../db/domain/json.ts'
import type { SpanDetail } from '../../../db/trace-spans.ts'
import { LongText } from './long-text.tsx'

/** Every payload of the span as it was sent; JSON is indented, nothing else is changed. */
export function Raw({ span }: { span: SpanDetail }) {
  const texts = [
    ['Input', span.input],
    ['Output', span.output],
    ['Tool arguments', span.toolArguments],
    ['Tool result', span.toolResult],
    ['Request parameters', span.params],
  ].filter(([, text]) => text !== '') as [string, string][]
  if (texts.length === 0) return <p className="px-4 py-6 text-center text-muted">This span recorded no payloads.</p>
  return (
    <div className="grid gap-4 px-4 py-3">
      {texts.map(([title, text]) => (
        <section key={title} className="grid gap-1.5">
          <h3 className="text-muted text-sm">{title}</h3>
          <LongText text={prettyJson(text)} label={title} mono />
        </section>
      ))}
    </div>
  )
}
