import { Link } from '@remix-run/react'
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import type { Flag, Serve, ValueFlag, WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { Conditions } from '../../components/conditions.tsx'
import { Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt, SaveBar } from './save-bar.tsx'
import { ServeEditor } from './serve-editor.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'

type Rule = Flag['rules'][number]
type Targeted = { rules: Rule[]; otherwise: Flag['otherwise'] }

const served = [
  { value: 'split', label: 'the comparison', hint: 'Dealt into canary and control by the share' },
  { value: 'canary', label: 'the canary', hint: 'Outside of the comparison' },
  { value: 'control', label: 'the control', hint: 'Outside of the comparison' },
  { value: 'off', label: 'no AI', hint: 'The deterministic path, whatever the switch says but off' },
]

/** Who gets what: rules from top to bottom, the first that is met decides. */
export function Targeting({ view, flag, mayChange }: { view: FlagView; flag: Flag; mayChange: boolean }) {
  const changing = useChange()
  const stored: Targeted = { rules: flag.rules, otherwise: flag.otherwise }
  const { draft, dirty, from, set, reset } = useDraft(stored, view.revision)
  const { rules } = draft
  const put = (at: number, part: Partial<Rule>) =>
    set({ rules: rules.map((rule, i) => (i === at ? ({ ...rule, ...part } as Rule) : rule)) })
  const swap = (a: number, b: number) =>
    set({ rules: rules.map((rule, i) => (i === a ? rules[b] : i === b ? rules[a] : rule) as Rule) })
  const add = () => {
    const serve = flag.kind === 'workflow' ? 'split' : { variant: Object.keys(flag.variants)[0] ?? '' }
    set({ rules: [...rules, { name: '', when: [{ attribute: '', op: 'is', values: [] }], serve } as Rule] })
  }
  const save = (why: string) => changing.ask({ intent: 'save', from, why, patch: toPatch(draft) })
  return (
    <Panel title="Targeting" lead="Rules are tried from the top; the first whose conditions all hold decides.">
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-3">
        <ol className="grid gap-3">
          {rules.map((rule, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place in the order
            <li key={at} className="grid gap-2 rounded-md border border-line p-3">
              <div className="flex items-center gap-1.5">
                <span className="font-medium">{at + 1}</span>
                <Input
                  aria-label={`Name of rule ${at + 1}`}
                  placeholder="Name (optional)"
                  className="min-w-0 max-w-64 flex-1"
                  value={rule.name}
                  maxLength={200}
                  onChange={event => put(at, { name: event.target.value })}
                />
                <span className="ml-auto flex">
                  <IconButton
                    icon={ArrowUp}
                    size="sm"
                    label={`Move rule ${at + 1} up`}
                    disabled={at === 0}
                    onClick={() => swap(at, at - 1)}
                  />
                  <IconButton
                    icon={ArrowDown}
                    size="sm"
                    label={`Move rule ${at + 1} down`}
                    disabled={at === rules.length - 1}
                    onClick={() => swap(at, at + 1)}
                  />
                  <IconButton
                    icon={Trash2}
                    size="sm"
                    label={`Remove rule ${at + 1}`}
                    onClick={() => set({ rules: rules.filter((_, i) => i !== at) })}
                  />
                </span>
              </div>
              <Conditions
                value={rule.when}
                segments={view.segments}
                fault={i => faultAt(changing, `rules.${at}.when.${i}`)}
                onChange={when => put(at, { when })}
              />
              <div className="flex flex-wrap items-center gap-2 border-line/60 border-t pt-2">
                <span className="text-muted">then serve</span>
                <ServeOf
                  flag={flag}
                  label={`Served by rule ${at + 1}`}
                  serve={rule.serve}
                  onChange={serve => put(at, { serve } as Partial<Rule>)}
                />
              </div>
            </li>
          ))}
        </ol>
        <div className="flex flex-wrap items-center gap-3">
          <Button size="sm" icon={Plus} onClick={add}>
            Add a rule
          </Button>
          <Link to="../flags/segments" relative="path" className="text-muted underline underline-offset-2">
            Segments
          </Link>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-muted">{rules.length > 0 ? 'Everybody else gets' : 'Everybody gets'}</span>
          <ServeOf
            flag={flag}
            label="Served otherwise"
            serve={draft.otherwise}
            otherwise
            onChange={serve => set({ otherwise: serve as Flag['otherwise'] })}
          />
        </div>
        {faultAt(changing, 'otherwise') && (
          <p role="alert" className="text-bad text-sm">
            {faultAt(changing, 'otherwise')}
          </p>
        )}
        {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
      </fieldset>
    </Panel>
  )
}

type WorkflowServe = WorkflowFlag['rules'][number]['serve']

function ServeOf({
  flag,
  label,
  serve,
  otherwise = false,
  onChange,
}: {
  flag: WorkflowFlag | ValueFlag
  label: string
  serve: WorkflowServe | Serve
  otherwise?: boolean
  onChange: (serve: WorkflowServe | Serve) => void
}) {
  if (flag.kind === 'value')
    return (
      <ServeEditor label={label} variants={Object.keys(flag.variants)} serve={serve as Serve} onChange={onChange} />
    )
  const options = otherwise ? served.filter(({ value }) => value === 'split' || value === 'control') : served
  return (
    <Select
      label={label}
      value={String(serve)}
      onChange={value => onChange(value as WorkflowServe)}
      options={options}
    />
  )
}
