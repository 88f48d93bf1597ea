import { Search } from 'lucide-react'
import { useState } from 'react'
import { CopyButton } from '../../components/copy-button.tsx'
import { Input } from '../../components/input.tsx'
import { type Fact, mappedFacts, sentFacts } from './span-facts.ts'
import type { ShownSpan } from './trace.server.ts'
import { WholeAttribute } from './whole-payload.tsx'

/** All that is known of the span, to search in: what was mapped, what was not, and where it came from. */
export function Attributes({ span }: { span: ShownSpan }) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const groups: [string, Fact[]][] = [
    [sent, sentFacts(span.attributes)],
    ['Columns', mappedFacts(span)],
    ['Resource', sentFacts(span.resource)],
  ]
  const found = groups
    .map(([title, facts]) => [title, facts.filter(fact => matches(fact, wanted))] as const)
    .filter(([, facts]) => facts.length > 0)
  return (
    <div className="grid gap-4 px-4 py-3">
      <Input
        icon={Search}
        type="search"
        aria-label="Search attributes"
        placeholder="Search names and values"
        value={text}
        onChange={event => setText(event.target.value)}
      />
      {found.length === 0 && <p className="text-muted">No name or value has “{text}” in it.</p>}
      {found.map(([title, facts]) => (
        <section key={title}>
          <h3 className="mb-1 text-muted text-sm">{title}</h3>
          <dl className="divide-y divide-line rounded-md border border-line">
            {facts.map(({ name, value }) => (
              <div key={name} className="group/fact grid gap-x-3 px-3 py-1 sm:grid-cols-[minmax(8rem,2fr)_3fr_auto]">
                <dt className="font-mono text-muted text-sm wrap-anywhere">{name}</dt>
                <dd className="min-w-0 whitespace-pre-wrap font-mono text-sm wrap-anywhere">
                  {value} {title === sent && <WholeAttribute span={span} name={name} />}
                </dd>
                <dd className="hidden opacity-0 focus-within:opacity-100 group-hover/fact:opacity-100 sm:block">
                  <CopyButton text={value} label={`Copy ${name}`} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {span.droppedAttributes > 0 && (
        <p className="text-sm text-warn">
          The sender dropped {span.droppedAttributes} {span.droppedAttributes === 1 ? 'attribute' : 'attributes'}: raise
          its attribute limit to see them.
        </p>
      )}
    </div>
  )
}

const sent = 'Attributes that no column took'

const matches = ({ name, value }: Fact, wanted: string) =>
  wanted === '' || name.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted)
