import { prettyJson } from '../../../db/domain/json.ts'
import { type PayloadField, payloadFields } from '../../../db/domain/payload-view.ts'
import { LongText } from './long-text.tsx'
import type { ShownSpan } from './trace.server.ts'
import { WholePayload } from './whole-payload.tsx'

/** Every payload of the span as it was sent; JSON is indented, nothing else is changed. */
export function Raw({ span }: { span: ShownSpan }) {
  const texts = payloadFields.filter(field => span[field] !== '')
  if (texts.length === 0) return <p className="px-4 py-6 text-center text-muted">This span recorded no payloads.</p>
  return (
    <div className="grid gap-4 px-4 py-3">
      {texts.map(field => (
        <section key={field} className="grid gap-1.5">
          <h3 className="text-muted text-sm">{titles[field]}</h3>
          <LongText text={prettyJson(span[field])} label={titles[field]} mono />
          <WholePayload span={span} field={field} />
        </section>
      ))}
    </div>
  )
}

const titles: Record<PayloadField, string> = {
  input: 'Input',
  output: 'Output',
  toolArguments: 'Tool arguments',
  toolResult: 'Tool result',
  params: 'Request parameters',
}
