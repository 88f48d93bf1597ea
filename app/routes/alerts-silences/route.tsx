import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useFetcher, useLoaderData } from '@remix-run/react'
import { BellOff } from 'lucide-react'
import { z } from 'zod'
import { type MetricId, metricById } from '../../../db/domain/metrics.ts'
import { isActive, type Matcher } from '../../../db/domain/silences.ts'
import { weekWords } from '../../../db/domain/week-words.ts'
import { recordAudit } from '../../../db/projects.ts'
import { createSilence, liftSilence, listSilences, newSilence } from '../../../db/silences.ts'
import { requireProject } from '../../access.server.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { EmptyState } from '../../components/states.tsx'
import { NewSilence } from './new-silence.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Silences' }] }
export const meta: MetaFunction = () => [{ title: 'Silences · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const now = new Date()
  const silences = await listSilences(services.postgres, project.id)
  return {
    silences: silences.map(silence => ({
      ...silence,
      active: isActive(silence, now),
      over: silence.endsAt !== null && silence.endsAt <= now,
    })),
    mayChange: project.role !== 'viewer',
  }
}

const optional = z.string().transform(text => (text === 'all' || text === '' ? undefined : text))
const form = z
  .object({
    metric: optional.optional(),
    workflow: optional.optional(),
    severity: optional.optional(),
    kind: z.enum(['once', 'weekly']).default('once'),
    hours: z.coerce.number('Choose how long.').min(1).max(2160),
    from: z.string().default('22:00'),
    to: z.string().default('06:00'),
    zone: z.string().default('UTC'),
    comment: z.string().default(''),
  })
  .loose()

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  if (project.role === 'viewer') return data({ error: 'Viewers cannot silence alerts.' }, { status: 403 })
  const given = await args.request.formData()
  const note = { projectId: project.id, userId: user.id }
  if (given.get('intent') === 'lift') {
    const id = Number(given.get('id'))
    if (!(await liftSilence(services.postgres, project.id, id)))
      return data({ error: 'This silence is over.' }, { status: 409 })
    await recordAudit(services.postgres, { ...note, action: 'alert.silence lifted', subject: String(id) })
    return data({ error: undefined })
  }
  const read = form.safeParse(Object.fromEntries(given))
  if (!read.success) return data({ error: read.error.issues[0]?.message ?? 'Bad input.' }, { status: 400 })
  const { metric, workflow, severity, kind, hours, comment, from, to, zone } = read.data
  const now = new Date()
  const silence = newSilence.safeParse({
    matcher: { metric, workflow, severity },
    startsAt: now,
    endsAt: kind === 'once' ? new Date(now.getTime() + hours * 3_600_000) : null,
    weekly: kind === 'weekly' ? { days: given.getAll('days'), from, to, zone } : null,
    comment,
  })
  if (!silence.success) {
    const [issue] = silence.error.issues
    const field = String(issue?.path.at(-1) ?? '')
    return data({ error: `${field === 'days' ? '' : `${field}: `}${issue?.message ?? 'Bad input.'}` }, { status: 400 })
  }
  await createSilence(services.postgres, project.id, silence.data, user.id)
  await recordAudit(services.postgres, { ...note, action: 'alert.silenced', detail: { ...silence.data } })
  return data({ error: undefined })
}

export default function Silences() {
  const { silences, mayChange } = useLoaderData<typeof loader>()
  const live = silences.filter(({ over }) => !over)
  const past = silences.filter(({ over }) => over)
  return (
    <div className="grid gap-4">
      <Panel
        title="Silences and mute windows"
        lead="What matches is watched, but nobody is told of it. What still lasts afterwards is told then."
        actions={mayChange && <NewSilence />}
        flush
      >
        {live.length === 0 ? (
          <EmptyState icon={BellOff} title="Nothing is silenced">
            Silence an alert while you know of its cause, or mute a time of the week in which nobody should be told.
          </EmptyState>
        ) : (
          <Table label="Silences" rows={live} mayChange={mayChange} />
        )}
      </Panel>
      {past.length > 0 && (
        <Panel title="Over" flush>
          <Table label="Silences that are over" rows={past} mayChange={false} />
        </Panel>
      )}
    </div>
  )
}

type Row = Awaited<ReturnType<typeof loader>>['silences'][number]

function Table({ label, rows, mayChange }: { label: string; rows: Row[]; mayChange: boolean }) {
  return (
    <PlainTable label={label} head={['What', 'When', 'Why', { hidden: 'Actions' }]}>
      {rows.map(row => (
        <tr key={row.id}>
          <td>
            {matcherWords(row.matcher)} {row.active && <Badge tone="accent">holds now</Badge>}
          </td>
          <td className="sm:whitespace-nowrap">
            {row.weekly
              ? weekWords(row.weekly)
              : row.endsAt && (
                  <>
                    until <RelativeTime at={row.endsAt} />
                  </>
                )}
          </td>
          <td className="min-w-24 wrap-anywhere text-muted">{[row.comment, row.who].filter(Boolean).join(' · ')}</td>
          <td className="text-right">{mayChange && <Lift id={row.id} />}</td>
        </tr>
      ))}
    </PlainTable>
  )
}

function Lift({ id }: { id: number }) {
  const fetcher = useFetcher<typeof action>()
  return (
    <>
      {fetcher.data?.error && <span className="text-bad">{fetcher.data.error}</span>}
      <Button
        size="sm"
        look="ghost"
        busy={fetcher.state !== 'idle'}
        onClick={() => fetcher.submit({ intent: 'lift', id: String(id) }, { method: 'post' })}
      >
        Lift
      </Button>
    </>
  )
}

function matcherWords({ metric, workflow, severity, ruleId }: Matcher) {
  const parts = [
    metric && metricById(metric as MetricId).label,
    workflow && `workflow ${workflow}`,
    severity && `${severity}s`,
    ruleId && 'one rule',
  ]
  return parts.filter(Boolean).join(', ') || 'everything'
}
