import type { WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { type GuardrailChoice, guardrails, type NamedGuardrail } from '../../../db/domain/guardrails.ts'
import { Checkbox, Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt, SaveBar } from './save-bar.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'

/** What the canary must not make worse, and by how much it may be worse and still go on. */
export function HeldTo({ view, flag, mayChange }: { view: FlagView; flag: WorkflowFlag; mayChange: boolean }) {
  const changing = useChange()
  const { draft, dirty, from, set, reset } = useDraft({ guardrails: flag.guardrails }, view.revision)
  const save = (why: string) => changing.ask({ intent: 'save', from, why, patch: toPatch(draft) })
  const choose = (id: NamedGuardrail['id'], own: GuardrailChoice[NamedGuardrail['id']]) => {
    const { [id]: _, ...others } = draft.guardrails
    set({ guardrails: own ? { ...others, [id]: own } : others })
  }
  const isNone = Object.keys(draft.guardrails).length === 0
  return (
    <Panel
      title="Guardrails"
      lead="Harm that is proven on any of them rolls the canary back. It goes on only when more harm than is tolerated is ruled out on all of them: the more there are, and the less they tolerate, the more users that takes."
    >
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-3">
        <ul className="grid gap-x-8 gap-y-1 lg:grid-cols-2">
          {guardrails.map(guardrail => (
            <Line
              key={guardrail.id}
              guardrail={guardrail}
              own={draft.guardrails[guardrail.id]}
              fault={faultAt(changing, `guardrails.${guardrail.id}`)}
              onChange={own => choose(guardrail.id, own)}
            />
          ))}
        </ul>
        {isNone && <p className="text-warn">Choose one at least: without any a canary could not be judged.</p>}
        {dirty && flag.state === 'canary' && (
          <p className="text-warn">Saved, they begin the comparison anew: what was seen must not choose what counts.</p>
        )}
        {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
      </fieldset>
    </Panel>
  )
}

type LineProps = {
  guardrail: NamedGuardrail
  /** Undefined while the canary is not held to it. */
  own: GuardrailChoice[NamedGuardrail['id']]
  /** What is wrong with what it tolerates. */
  fault?: string
  onChange(own: GuardrailChoice[NamedGuardrail['id']]): void
}

function Line({ guardrail: { label, tolerance, worse, fuse }, own, fault, onChange }: LineProps) {
  return (
    <li className="flex min-h-9 flex-wrap items-center justify-between gap-x-3 gap-y-1 py-0.5">
      <Checkbox
        label={fuse ? `${label}, with a fuse` : label}
        checked={own !== undefined}
        onChange={event => onChange(event.target.checked ? {} : undefined)}
      />
      {own && (
        <span className="flex items-center gap-2 text-muted">
          tolerates
          <Input
            type="number"
            aria-invalid={fault !== undefined}
            aria-label={`Percent that ${label} may be ${worse === 'up' ? 'more' : 'less'}`}
            min="1"
            max="100"
            step="any"
            className="!w-20"
            placeholder={String(Math.round(tolerance * 100))}
            value={own.tolerance === undefined ? '' : percent(own.tolerance)}
            onChange={({ target: { value } }) => onChange(value === '' ? {} : { tolerance: Number(value) / 100 })}
          />
          % {worse === 'up' ? 'more' : 'less'}
        </span>
      )}
      {fault && (
        <p role="alert" className="w-full text-bad text-sm">
          What {label} tolerates {fault}.
        </p>
      )}
    </li>
  )
}

/** Without the digits that binary fractions add. */
const percent = (tolerance: number) => Number((tolerance * 100).toFixed(2))
