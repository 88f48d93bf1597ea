import { Form, useNavigation } from '@remix-run/react'
import { FlaskConical } from 'lucide-react'
import { useId } from 'react'
import type { AlertRule } from '../../../db/domain/alert-rule.ts'
import { metrics } from '../../../db/domain/metrics.ts'
import { type FilterKey, filterDefinition } from '../../../db/domain/trace-filters.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Checkbox, Input } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { Select } from '../../components/select.tsx'

type Suggestions = Partial<Record<FilterKey, string[]>> | undefined
type Props = {
  rule: AlertRule
  errors: Record<string, string>
  channels: { id: string; name: string; kind: string }[]
  suggestions: Suggestions
  mayChange: boolean
}

const narrowing: FilterKey[] = ['workflow', 'version', 'model', 'variant', 'environment', 'tag']
const windows = [
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
  { value: '336', label: '14 days' },
  { value: '672', label: '28 days' },
]
const cadences = [
  { value: '1', label: 'every hour' },
  { value: '6', label: 'every 6 hours' },
  { value: '12', label: 'every 12 hours' },
  { value: '24', label: 'every day' },
]
const mixes = [
  { value: 'none', label: 'nothing' },
  { value: 'workflow', label: 'workflow' },
  { value: 'version', label: 'version' },
  { value: 'model', label: 'model' },
  { value: 'variant', label: 'variant' },
]

/** Everything a rule is made of; it is sent to be tried, not to be saved. */
export function RuleForm({ rule, errors, channels, suggestions, mayChange }: Props) {
  const busy = useNavigation().formData?.get('intent') === 'try'
  return (
    <Form method="post" noValidate>
      <input type="hidden" name="intent" value="try" />
      <fieldset disabled={!mayChange} className="grid grid-cols-1 gap-4">
        <What rule={rule} errors={errors} suggestions={suggestions} />
        <When rule={rule} errors={errors} />
        <Panel title="Who is told">
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <Field
              label="It may become"
              error={errors.severity}
              hint="A page goes through quiet hours. It is one when the harm surely exceeds the threshold."
            >
              <Select
                name="severity"
                defaultValue={rule.severity}
                options={[
                  { value: 'page', label: 'a page' },
                  { value: 'warning', label: 'a warning at most' },
                ]}
              />
            </Field>
            <Channels chosen={rule.channels} channels={channels} />
          </div>
        </Panel>
        <div className="flex items-center gap-3">
          <Button type="submit" look="primary" icon={FlaskConical} busy={busy}>
            Try it on history
          </Button>
          {!mayChange && <span className="text-muted">Only an owner or admin may change rules.</span>}
        </div>
      </fieldset>
    </Form>
  )
}

function What({ rule, errors, suggestions }: Pick<Props, 'rule' | 'errors' | 'suggestions'>) {
  return (
    <Panel title="What is watched">
      <div className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Field label="Name" error={errors.name}>
            <Input name="name" defaultValue={rule.name} maxLength={120} required autoComplete="off" />
          </Field>
          <Field label="Metric" error={errors.metric}>
            <Select
              name="metric"
              defaultValue={rule.metric}
              options={metrics.map(({ id, label, describes }) => ({ value: id, label, hint: describes }))}
            />
          </Field>
        </div>
        <Checkbox name="eachWorkflow" label="One alert for each workflow" defaultChecked={rule.eachWorkflow} />
        <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {narrowing.map(key => (
            <FilterField
              key={key}
              name={key}
              values={rule.filters[key] ?? []}
              suggestions={suggestions?.[key] ?? []}
              error={key === 'workflow' ? errors.filters : undefined}
            />
          ))}
        </div>
      </div>
    </Panel>
  )
}

function FilterField({
  name,
  values,
  suggestions,
  error,
}: {
  name: FilterKey
  values: string[]
  suggestions: string[]
  error?: string
}) {
  const list = useId()
  return (
    <>
      <Field label={`Only ${filterDefinition(name).label.toLowerCase()}`} optional error={error}>
        <Input name={`filter.${name}`} defaultValue={values.join(', ')} list={list} autoComplete="off" />
      </Field>
      <datalist id={list}>
        {suggestions.map(value => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  )
}

function When({ rule, errors }: Pick<Props, 'rule' | 'errors'>) {
  const withOwn = (options: { value: string; label: string }[], hours: number) =>
    options.some(({ value }) => value === String(hours))
      ? options
      : [...options, { value: String(hours), label: `${hours} hours` }]
  return (
    <Panel
      title="When it fires"
      lead="At two looks in a row that are worse by the threshold, and worse for certain (99 %). It is over after three that are not."
    >
      <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
        <Field label="Worse by, in %" error={errors.threshold}>
          <Input
            name="threshold"
            type="number"
            min="1"
            step="any"
            defaultValue={Number((rule.threshold * 100).toFixed(4))}
          />
        </Field>
        <Field
          label="And at least by"
          error={errors.floor}
          hint="In the metric’s unit: 0.005 is half a point of a share; ms; US dollars."
        >
          <Input name="floor" type="number" min="0" step="any" defaultValue={rule.floor} />
        </Field>
        <Field label="Window" error={errors.windowHours} hint="Compared with the one just before.">
          <Select
            name="windowHours"
            defaultValue={String(rule.windowHours)}
            options={withOwn(windows, rule.windowHours)}
          />
        </Field>
        <Field label="Look" error={errors.everyHours}>
          <Select
            name="everyHours"
            defaultValue={String(rule.everyHours)}
            options={withOwn(cadences, rule.everyHours)}
          />
        </Field>
        <Field label="Late data, in minutes" error={errors.latenessMinutes} hint="A window ends that long ago.">
          <Input name="latenessMinutes" type="number" min="0" defaultValue={rule.latenessMinutes} />
        </Field>
        <Field
          label="Hold steady the share of each"
          error={errors.standardiseBy}
          hint="So that a mere shift of traffic does not fire."
        >
          <Select name="standardiseBy" defaultValue={rule.standardiseBy || 'none'} options={mixes} />
        </Field>
        <Field label="Users in each window" error={errors.minUsers}>
          <Input name="minUsers" type="number" min="2" defaultValue={rule.minUsers} />
        </Field>
        <Field label="Events in the window before" error={errors.minEvents}>
          <Input name="minEvents" type="number" min="1" defaultValue={rule.minEvents} />
        </Field>
        <div className="self-center">
          <Checkbox name="fastLane" label="Warn by the hour of sudden trouble" defaultChecked={rule.fastLane} />
        </div>
      </div>
    </Panel>
  )
}

function Channels({ chosen, channels }: { chosen: string[]; channels: Props['channels'] }) {
  return (
    <fieldset className="grid content-start gap-1 wrap-anywhere">
      <legend className="mb-1 font-medium text-sm">Channels</legend>
      {channels.map(({ id, name, kind }) => (
        <Checkbox
          key={id}
          name="channels"
          value={id}
          label={`${name} (${kind})`}
          defaultChecked={chosen.includes(id)}
        />
      ))}
      <p className="text-muted text-sm">None chosen: every channel whose route takes it.</p>
    </fieldset>
  )
}
