import { useFetcher } from '@remix-run/react'
import { useState } from 'react'
import type { DetectorName, RedactionRules } from '../../../db/domain/redaction/rules.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Checkbox, Textarea } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { ErrorState } from '../../components/states.tsx'
import { OwnPatterns, type PatternRow } from './own-patterns.tsx'
import type { action } from './route.tsx'
import { TryRules } from './try-rules.tsx'
import { detectorWords } from './words.ts'

/** The rules of a project as they are on screen, which are tried before they are saved. */
export function RulesForm({
  saved,
  version,
  mayChange,
}: {
  saved: RedactionRules
  version: number
  mayChange: boolean
}) {
  const fetcher = useFetcher<typeof action>()
  const [on, setOn] = useState<ReadonlySet<DetectorName>>(new Set(saved.detectors))
  const [patterns, setPatterns] = useState<PatternRow[]>(saved.patterns.map((pattern, key) => ({ ...pattern, key })))
  const [keys, setKeys] = useState(saved.attributes.join('\n'))
  const rules: RedactionRules = {
    detectors: detectorWords.map(({ name }) => name).filter(name => on.has(name)),
    patterns: patterns.map(({ name, pattern }) => ({ name: name.trim(), pattern })),
    attributes: keys
      .split('\n')
      .map(key => key.trim())
      .filter(Boolean),
  }
  const isNew = JSON.stringify(rules) !== JSON.stringify(saved)
  const busy = fetcher.state !== 'idle'
  const errors = fetcher.data?.errors ?? {}
  const turn = (name: DetectorName, isOn: boolean) => {
    const next = new Set(on)
    if (isOn) next.add(name)
    else next.delete(name)
    setOn(next)
  }
  const save = () =>
    fetcher.submit({ intent: 'save', version: String(version), rules: JSON.stringify(rules) }, { method: 'post' })
  return (
    <div className="grid gap-4">
      <fieldset disabled={!mayChange} className="grid min-w-0 gap-4">
        <Panel
          title="What is never stored"
          lead="Each is replaced, for example by [redacted: e-mail], before anything is written: in prompts, answers, tool calls, attributes, events, logged events and feedback. What is stored already stays, and so do runs of the agent runtime in its own store, which needs them to go on."
        >
          <ul className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
            {detectorWords.map(({ name, label, hint }) => (
              <li key={name} className="grid">
                <Checkbox label={label} checked={on.has(name)} onChange={event => turn(name, event.target.checked)} />
                <span className="pl-6 text-muted text-sm">{hint}</span>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel
          title="Own patterns"
          lead="Regular expressions of RE2; (?i) at the beginning is for letters’ case apart. A match becomes [redacted: name]. Within JSON each key, text and number is searched by itself. Each pattern costs ingest about 0.05 ms for a span of 3 kB."
        >
          <OwnPatterns rows={patterns} onChange={setPatterns} errors={errors} />
        </Panel>
        <Panel
          title="Attributes"
          lead="The whole value of these becomes [redacted], and nothing is taken from it: without user.id, spans have no user. Other ids, and names of models, tools, workflows and flags, are kept as they are."
        >
          <Field label="Keys, one a line" hint="http.request.header.* is all that begin so." error={errors.attributes}>
            <Textarea
              value={keys}
              rows={4}
              spellCheck={false}
              className="font-mono"
              onChange={event => setKeys(event.target.value)}
            />
          </Field>
        </Panel>
        <div className="grid gap-3">
          {errors.form && <ErrorState title={errors.form} />}
          <div className="flex items-center gap-3">
            <Button look="primary" onClick={save} busy={busy} disabled={!isNew}>
              Save
            </Button>
            <span role="status" className="text-muted">
              {!mayChange && 'Only an owner or admin may change these.'}
              {mayChange &&
                fetcher.data?.saved &&
                !isNew &&
                !busy &&
                'Saved: it holds for what comes from now on, within ten seconds.'}
            </span>
          </div>
        </div>
      </fieldset>
      {mayChange && <TryRules rules={rules} />}
    </div>
  )
}
