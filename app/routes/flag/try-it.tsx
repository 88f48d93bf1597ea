import { useFetcher } from '@remix-run/react'
import { FlaskConical } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input, Textarea } from '../../components/input.tsx'
import { Panel } from '../../components/page.tsx'
import { ErrorState } from '../../components/states.tsx'
import type { Tried } from '../flag-try/route.tsx'
import type { FlagView } from './read-flag.server.ts'

/** Evaluates the flag for somebody, and says why it comes out so. */
export function TryIt({ view }: { view: FlagView }) {
  const { load, data, state } = useFetcher<Tried>()
  const [user, setUser] = useState('user-1')
  const [attributes, setAttributes] = useState('{}')
  const [fault, setFault] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    try {
      const context = { ...JSON.parse(attributes || '{}'), ...(user && { targetingKey: user }) }
      setFault(undefined)
      load(
        `/p/${view.projectId}/flags/${encodeURIComponent(view.key)}/try?context=${encodeURIComponent(JSON.stringify(context))}`,
      )
    } catch {
      setFault('must be an object in JSON, as {"plan": "pro"}')
    }
  }
  return (
    <Panel title="Try it" lead="What somebody gets now, and why. Nothing is recorded.">
      <div className="grid gap-4 lg:grid-cols-2">
        <form onSubmit={submit} className="grid content-start gap-3">
          <Field label="User (targetingKey)" optional>
            <Input value={user} onChange={event => setUser(event.target.value)} spellCheck={false} />
          </Field>
          <Field label="Attributes" hint="Of a run, its metadata." error={fault}>
            <Textarea
              rows={3}
              className="font-mono text-sm"
              spellCheck={false}
              value={attributes}
              onChange={event => setAttributes(event.target.value)}
            />
          </Field>
          <div>
            <Button type="submit" icon={FlaskConical} busy={state !== 'idle'}>
              Evaluate
            </Button>
          </div>
        </form>
        <output className="block min-w-0" aria-live="polite">
          {data && <Result tried={data} />}
        </output>
      </div>
    </Panel>
  )
}

function Result({ tried }: { tried: Tried }) {
  if (!tried.ok) return <ErrorState title="Not evaluated">{tried.message}</ErrorState>
  const { value, variant, reason, errorCode, why } = tried
  return (
    <div className="grid gap-3 rounded-md border border-line bg-sunken p-3">
      <div className="flex flex-wrap items-center gap-2">
        {variant === null ? <Badge tone="bad">{errorCode}</Badge> : <StatusBadge status={variant} />}
        <Badge>{reason}</Badge>
      </div>
      {errorCode === null && (
        <pre className="overflow-auto whitespace-pre-wrap wrap-anywhere">{JSON.stringify(value, null, 2)}</pre>
      )}
      <p>{why}</p>
    </div>
  )
}
