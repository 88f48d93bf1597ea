import type { ArmSpec } from '../../../db/domain/flags/flag.ts'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { Select } from '../../components/select.tsx'
import { ParamFields } from './param-fields.tsx'
import type { FlagView } from './read-flag.server.ts'
import { faultAt } from './save-bar.tsx'
import type { Changing } from './use-save.ts'

type Versions = FlagView['workers']['versions']

const unset = '\u0000unset'

/** Version, model, prompts and parameters of one arm. `inherited` is what it runs where it says nothing. */
export function ArmEditor({
  arm,
  spec,
  inherited,
  versions,
  changing,
  onChange,
}: {
  arm: 'control' | 'canary'
  spec: ArmSpec
  inherited: ArmSpec
  versions: Versions
  changing: Changing
  onChange: (spec: ArmSpec) => void
}) {
  const version = spec.version ?? inherited.version ?? versions[0]?.version
  const workflow = versions.find(one => one.version === version) ?? versions[0]
  const set = (part: Partial<ArmSpec>) => onChange(tidy({ ...spec, ...part }))
  const fault = (field: string) => faultAt(changing, `${arm}.${field}`)
  const inheritedVersion = inherited.version ?? versions[0]?.version
  return (
    <section aria-label={arm} className="grid h-fit min-w-0 gap-3 rounded-md border border-line p-3">
      <h3 className={arm === 'canary' ? 'font-semibold text-canary' : 'font-semibold text-control'}>
        {arm === 'canary' ? 'Canary' : 'Control'}
      </h3>
      <Field label="Version" error={fault('version')}>
        {versions.length > 0 ? (
          <Select
            className="w-full"
            value={spec.version ?? unset}
            onChange={value => set({ version: value === unset ? undefined : value })}
            options={[
              { value: unset, label: `Not set: ${inheritedVersion ?? 'the first'}` },
              ...versions.map(({ version, description, workers }) => ({
                value: version,
                label: version,
                hint: `${description} ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
              })),
            ]}
          />
        ) : (
          <Input
            value={spec.version ?? ''}
            placeholder="Not set"
            onChange={event => set({ version: event.target.value || undefined })}
          />
        )}
      </Field>
      <Field label="Model" hint="provider/model, pinned by its date." error={fault('model')} optional>
        <Input
          value={spec.model ?? ''}
          placeholder={inherited.model ?? 'As configured for the workers'}
          spellCheck={false}
          onChange={event => set({ model: event.target.value.trim() || undefined })}
        />
      </Field>
      {Object.entries(workflow?.prompts ?? {}).map(([name, text]) => (
        <Field key={name} label={`Prompt ${name}`} error={fault(`prompts.${name}`)} optional>
          <Textarea
            rows={4}
            className="font-mono text-sm"
            value={spec.prompts?.[name] ?? ''}
            placeholder={inherited.prompts?.[name] ?? text}
            onChange={event => set({ prompts: { ...spec.prompts, [name]: event.target.value } })}
          />
        </Field>
      ))}
      <ParamFields
        schema={workflow?.params}
        params={spec.params ?? {}}
        inherited={inherited.params ?? {}}
        fault={name => fault(`params.${name}`)}
        onChange={params => set({ params: params as ArmSpec['params'] })}
      />
    </section>
  )
}

/** What is empty is not set. */
function tidy({ version, model, prompts, params }: ArmSpec): ArmSpec {
  const kept = Object.entries(prompts ?? {}).filter(([, text]) => text !== '')
  return {
    ...(version && { version }),
    ...(model && { model }),
    ...(kept.length > 0 && { prompts: Object.fromEntries(kept) }),
    ...(params && Object.keys(params).length > 0 && { params }),
  }
}
