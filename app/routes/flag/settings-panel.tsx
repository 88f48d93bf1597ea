import { Plus, Trash2 } from 'lucide-react'
import type { Flag, WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Checkbox, Input, Textarea } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'
import { MomentInput } from './moment-input.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt, SaveBar } from './save-bar.tsx'
import { toPatch, useChange, useDraft } from './use-save.ts'
import { WhenOff } from './when-off.tsx'

type Common = Pick<Flag, 'description' | 'public' | 'unit' | 'schedule' | 'expiresAt' | 'prerequisites'>
type Draft = Common & Partial<Pick<WorkflowFlag, 'pin' | 'whenOff'>>

/** What a flag has beside its switch, arms and rules. */
export function SettingsPanel({ view, flag, mayChange }: { view: FlagView; flag: Flag; mayChange: boolean }) {
  const changing = useChange()
  const { draft, dirty, from, set, reset } = useDraft<Draft>(stored(flag), view.revision)
  const save = (why: string) => changing.ask({ intent: 'save', from, why, patch: toPatch(draft) })
  return (
    <Panel title="Settings">
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <Field label="Description" optional error={faultAt(changing, 'description')}>
          <Textarea
            rows={2}
            maxLength={2000}
            value={draft.description}
            onChange={event => set({ description: event.target.value })}
          />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Dealt by"
            hint="targetingKey is the user. For whole tenants name an attribute, as tenant.id. Changing it deals anew."
            error={faultAt(changing, 'unit')}
          >
            <Input value={draft.unit} spellCheck={false} onChange={event => set({ unit: event.target.value.trim() })} />
          </Field>
          {draft.pin && (
            <Field label="An arm is kept for" hint="A session's later runs can keep the arm of its first.">
              <Select
                className="w-full"
                value={draft.pin}
                onChange={pin => set({ pin: pin as Draft['pin'] })}
                options={[
                  { value: 'run', label: 'the run' },
                  { value: 'session', label: 'the session' },
                ]}
              />
            </Field>
          )}
          <Field label="Decides from" optional error={faultAt(changing, 'schedule.from')}>
            <MomentInput
              value={draft.schedule.from}
              onChange={moment => set({ schedule: { ...draft.schedule, from: moment } })}
            />
          </Field>
          <Field label="Decides until" optional error={faultAt(changing, 'schedule.to')}>
            <MomentInput
              value={draft.schedule.to}
              onChange={moment => set({ schedule: { ...draft.schedule, to: moment } })}
            />
          </Field>
          <Field
            label="Expires"
            optional
            hint="From then on it decides nothing, and the list asks for its removal."
            error={faultAt(changing, 'expiresAt')}
          >
            <MomentInput value={draft.expiresAt} onChange={expiresAt => set({ expiresAt })} />
          </Field>
        </div>
        {draft.whenOff && <WhenOff value={draft.whenOff} onChange={whenOff => set({ whenOff })} />}
        <Prerequisites view={view} draft={draft} onChange={prerequisites => set({ prerequisites })} />
        {faultAt(changing, 'prerequisites') && (
          <p role="alert" className="text-bad text-sm">
            {faultAt(changing, 'prerequisites')}
          </p>
        )}
        <div>
          <Checkbox
            label="Public: client keys, which stand in pages, may evaluate it"
            checked={draft.public}
            onChange={event => set({ public: event.target.checked })}
          />
        </div>
        {mayChange && <SaveBar changing={changing} dirty={dirty} onSave={save} onReset={reset} />}
      </fieldset>
    </Panel>
  )
}

function stored(flag: Flag): Draft {
  const { description, public: isPublic, unit, schedule, expiresAt, prerequisites } = flag
  const common = { description, public: isPublic, unit, schedule, expiresAt, prerequisites }
  return flag.kind === 'workflow' ? { ...common, pin: flag.pin, whenOff: flag.whenOff } : common
}

type PrerequisitesProps = { view: FlagView; draft: Draft; onChange: (value: Common['prerequisites']) => void }

function Prerequisites({ view: { others }, draft: { prerequisites }, onChange }: PrerequisitesProps) {
  const variantsOf = (key: string) => others.find(other => other.key === key)?.variants ?? []
  const change = (at: number, flag: string, variant: string) =>
    onChange(prerequisites.map((one, i) => (i === at ? { flag, variants: [variant] } : one)))
  const first = others[0]
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium text-sm">Prerequisites</legend>
      {prerequisites.length === 0 && <p className="text-muted text-sm">None: it asks for no other flag.</p>}
      {prerequisites.map(({ flag, variants }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a prerequisite has no identity but its place
        <div key={at} className="flex flex-wrap items-center gap-2">
          <Select
            label={`Flag of prerequisite ${at + 1}`}
            value={flag}
            onChange={key => change(at, key, variantsOf(key)[0] ?? '')}
            options={others.map(({ key }) => ({ value: key, label: key }))}
          />
          <span className="text-muted">must serve</span>
          <Select
            label={`Variant of prerequisite ${at + 1}`}
            value={variants[0] ?? ''}
            onChange={variant => change(at, flag, variant)}
            options={[...new Set([...variantsOf(flag), ...variants])].map(name => ({ value: name, label: name }))}
          />
          {variants.length > 1 && <span className="text-muted">or {variants.slice(1).join(' or ')}</span>}
          <IconButton
            icon={Trash2}
            size="sm"
            label={`Remove prerequisite ${at + 1}`}
            onClick={() => onChange(prerequisites.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      {first && (
        <div>
          <Button
            size="sm"
            icon={Plus}
            onClick={() => onChange([...prerequisites, { flag: first.key, variants: first.variants.slice(0, 1) }])}
          >
            Add a prerequisite
          </Button>
        </div>
      )}
    </fieldset>
  )
}
