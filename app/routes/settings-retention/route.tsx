import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useFetcher, useLoaderData } from '@remix-run/react'
import { useState } from 'react'
import { day } from '../../../db/domain/moment.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { answerRetention, readRetention } from './retention.server.ts'
import { comparedDays, doubtWords, keptWords, removedWords } from './words.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Retention' }] }
export const meta: MetaFunction = () => [{ title: 'Retention · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return {
    days: project.settings.retentionDays,
    mayChange: project.role === 'owner' || project.role === 'admin',
    ...(await readRetention(services, project.id)),
  }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const answer = await answerRetention(services, { ...project, userId: user.id }, await args.request.formData())
  return data(answer, { status: answer.errors ? 400 : 200 })
}

export default function Retention() {
  const kept = useLoaderData<typeof loader>()
  const fetcher = useFetcher<typeof action>()
  const [typed, setTyped] = useState(kept.days === null ? '' : String(kept.days))
  const { preview, errors, saved } = fetcher.data ?? {}
  const busy = fetcher.state === 'submitting'
  const isNew = typed.trim() !== (kept.days === null ? '' : String(kept.days))
  const isPreviewed = isNew && preview && typed.trim() === (preview.days === null ? '' : String(preview.days))
  const submit = (intent: 'preview' | 'save') => fetcher.submit({ intent, days: typed.trim() }, { method: 'post' })
  const removes = isPreviewed && preview.spans + preview.signals + preview.runs > 0
  return (
    <Panel
      title="Retention"
      lead="How long traces with their spans and payloads, feedback and ended runs are kept. Older ones are removed for good, from a quarter of an hour after you save."
    >
      <p>{keptWords(kept)}</p>
      {kept.days !== null && kept.clock.isDoubted && (
        <div className="mt-3 grid justify-items-start gap-2">
          <p className="text-warn">{doubtWords(kept.clock)}</p>
          {kept.mayChange && (
            <Button onClick={() => fetcher.submit({ intent: 'trust' }, { method: 'post' })} busy={busy}>
              The date is right
            </Button>
          )}
        </div>
      )}
      <form
        className="mt-3 grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          submit('preview')
        }}
      >
        <div className="max-w-sm">
          <Field
            label="Days to keep"
            hint={`Empty is for ever. Alerts and Quality compare with up to four weeks before: ${comparedDays} or more keeps all of that.`}
            error={errors?.days}
          >
            <Input
              name="days"
              inputMode="numeric"
              placeholder="for ever"
              value={typed}
              onChange={event => setTyped(event.target.value)}
              disabled={!kept.mayChange}
              autoComplete="off"
            />
          </Field>
        </div>
        <div role="status" className="grid gap-1">
          {isPreviewed && <p>{removedWords(preview)}</p>}
          {saved && !isNew && !busy && <p className="text-muted">Saved.</p>}
          {!kept.mayChange && <p className="text-muted">Only an owner or admin may change this.</p>}
        </div>
        {kept.mayChange && (
          <div className="flex flex-wrap gap-2">
            {!isPreviewed && (
              <Button type="submit" disabled={!isNew} busy={busy}>
                See what that removes
              </Button>
            )}
            {isPreviewed && (
              <Button look={removes ? 'danger' : 'primary'} onClick={() => submit('save')} busy={busy}>
                {preview.before === null
                  ? 'Keep for ever'
                  : removes
                    ? `Remove all before ${day(preview.before)}`
                    : `Keep ${preview.days} ${preview.days === 1 ? 'day' : 'days'}`}
              </Button>
            )}
          </div>
        )}
      </form>
    </Panel>
  )
}
