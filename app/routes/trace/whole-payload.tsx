import { Download, ExternalLink } from 'lucide-react'
import { useContext } from 'react'
import { attributePlace, type PayloadField } from '../../../db/domain/payload-view.ts'
import { whole } from '../../components/format.ts'
import { PayloadBase } from './payload-base.ts'
import type { ShownSpan } from './trace.server.ts'

/** Of an attribute that is shown in part: the way to all of it. */
export function WholeAttribute({ span, name }: { span: ShownSpan; name: string }) {
  const base = useContext(PayloadBase)
  const place = attributePlace(name)
  const length = span.cuts[place]
  if (length === undefined || !base) return null
  return (
    <a
      href={`${base}?field=${encodeURIComponent(place)}`}
      target="_blank"
      rel="noreferrer"
      className="text-accent-strong underline-offset-2 hover:underline"
    >
      Open all {whole(length)} characters
    </a>
  )
}

/** Of a payload that is shown in part: how long it is, and the way to all of it. */
export function WholePayload({ span, field }: { span: ShownSpan; field: PayloadField }) {
  const base = useContext(PayloadBase)
  const length = span.cuts[field]
  if (length === undefined || !base) return null
  const link = 'inline-flex items-center gap-1 text-accent-strong underline-offset-2 hover:underline'
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md border border-line bg-sunken px-3 py-2 text-sm">
      <span className="text-muted">
        Long texts of the {words[field]} are cut here. The whole has {whole(length)} characters.
      </span>
      <a href={`${base}?field=${field}`} target="_blank" rel="noreferrer" className={link}>
        <ExternalLink size={13} aria-hidden /> Open all of it
      </a>
      <a href={`${base}?field=${field}&download=1`} download className={link}>
        <Download size={13} aria-hidden /> Download
      </a>
    </p>
  )
}

const words: Record<PayloadField, string> = {
  input: 'input',
  output: 'output',
  toolArguments: 'arguments',
  toolResult: 'result',
  params: 'parameters',
}
