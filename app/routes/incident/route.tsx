import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { explanation, headline, incidentFilters, numbers } from '../../../db/domain/incident.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { minute } from '../../../db/domain/moment.ts'
import { writeFilters } from '../../../db/domain/trace-filters.ts'
import { acknowledge, getIncident, noteAct } from '../../../db/incidents.ts'
import { recordAudit } from '../../../db/projects.ts'
import { listRemedies } from '../../../db/remedies.ts'
import { createSilence } from '../../../db/silences.ts'
import { notFound, requireProject } from '../../access.server.ts'
import { IntervalBar } from '../../components/interval-bar.tsx'
import { Page, type PageHandle, Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { TimeChart } from '../../components/time-chart.tsx'
import { Actions } from './actions.tsx'
import { AlertState, SeverityBadge } from './badges.tsx'
import { Changes, Parts, Segments, WorstTraces } from './evidence.tsx'
import { History, Notifications } from './history.tsx'
import { readIncident } from './incident.server.ts'

export const handle: PageHandle = {
  crumbs: (_, params) => [{ label: 'Alerts', to: 'alerts' }, { label: `Incident ${params.incidentId}` }],
  live: { everyMs: 10_000 },
}
export const meta: MetaFunction<typeof loader> = ({ data: found }) => [
  { title: `${found ? headline(found.incident) : 'Incident'} · Davylamp` },
]

const idOf = (params: { incidentId?: string }) =>
  /^\d{1,15}$/.test(params.incidentId ?? '') ? Number(params.incidentId) : 0

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const found = await readIncident(services, project.id, idOf(args.params), new Date())
  if (!found) throw notFound('This project has no incident with this number.')
  return { projectId: project.id, mayAct: project.role !== 'viewer', ...found }
}

const act = z.discriminatedUnion('intent', [
  z.object({ intent: z.literal('acknowledge') }),
  z.object({
    intent: z.literal('silence'),
    hours: z.coerce
      .number('Choose how long.')
      .min(1)
      .max(24 * 90),
    comment: z.string().trim().max(500).default(''),
  }),
  z.object({ intent: z.literal('remedy'), remedy: z.string().min(1) }),
])

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  const { postgres } = services
  if (project.role === 'viewer') return data({ error: 'Viewers cannot act on incidents.' }, { status: 403 })
  const form = act.safeParse(Object.fromEntries(await args.request.formData()))
  if (!form.success) return data({ error: form.error.issues[0]?.message ?? 'Bad input.' }, { status: 400 })
  const incident = await getIncident(postgres, project.id, idOf(args.params))
  if (!incident) return data({ error: 'This incident is gone.' }, { status: 404 })
  const note = { projectId: project.id, userId: user.id, subject: String(incident.id) }
  const now = new Date()
  if (form.data.intent === 'acknowledge') {
    if (!(await acknowledge(postgres, { projectId: project.id, id: incident.id }, user, now))) {
      return data({ error: 'It is over, or was acknowledged before.' }, { status: 409 })
    }
    await recordAudit(postgres, { ...note, action: 'incident.acknowledged' })
  } else if (form.data.intent === 'silence') {
    const { hours, comment } = form.data
    const endsAt = new Date(now.getTime() + hours * 3_600_000)
    const matcher = {
      metric: incident.metric,
      workflow: incident.scope,
      ...(incident.ruleId && { ruleId: incident.ruleId }),
    }
    await createSilence(postgres, project.id, { matcher, startsAt: now, endsAt, weekly: null, comment }, user.id)
    await noteAct(postgres, incident, user, `silenced until ${minute(endsAt)}${comment && `: ${comment}`}`, now)
    await recordAudit(postgres, { ...note, action: 'alert.silenced', detail: { hours, comment } })
  } else {
    const { remedy: id } = form.data
    const remedy = (await listRemedies(services, incident)).find(one => one.id === id)
    if (!remedy) return data({ error: 'This cannot be done any more.' }, { status: 409 })
    const applied = await remedy.apply(user)
    if (!applied.ok) return data({ error: applied.message }, { status: 409 })
    const { done } = applied
    await noteAct(postgres, incident, user, done, now)
    await recordAudit(postgres, { ...note, action: 'incident.remedied', detail: { done } })
  }
  return data({ error: undefined })
}

const lines = [
  { key: 'current', label: 'this week', colour: 'bad' as const },
  { key: 'before', label: 'the same time before', colour: 'control' as const, dashed: true },
]

export default function IncidentPage() {
  const { projectId, mayAct, incident, series, events, notifications, parts, threshold, rule, remedies } =
    useLoaderData<typeof loader>()
  const { metric, evidence, severity, state, lane } = incident
  const { unit, worse } = metricById(metric)
  const window = new URLSearchParams({ from: evidence.window.split, to: evidence.window.to })
  const traces = `/p/${projectId}/traces?${writeFilters(window, incidentFilters(incident))}`
  const onset = evidence.since ? [{ at: Date.parse(evidence.since), label: 'it began', colour: '1' as const }] : []
  return (
    <Page
      title={headline(incident)}
      lead={<Lead {...{ projectId, incident, rule }} />}
      actions={mayAct && <Actions incident={incident} remedies={remedies} />}
    >
      <div className="grid gap-3">
        <section aria-label="In short" className="grid gap-1 rounded-md border border-line bg-surface px-4 py-3">
          <div className="flex flex-wrap items-center gap-2">
            <SeverityBadge severity={severity} />
            <AlertState state={state} />
            {incident.acknowledgedAt && (
              <span className="text-muted text-sm">
                acknowledged <RelativeTime at={incident.acknowledgedAt} />
              </span>
            )}
            {incident.parentId !== null && (
              <Link to={`../alerts/incidents/${incident.parentId}`} className="text-muted text-sm underline">
                part of incident {incident.parentId}
              </Link>
            )}
          </div>
          <p>{numbers(metric, evidence)}.</p>
          <p>{explanation(evidence)}</p>
          <p>
            <Link to={traces} className="underline">
              The traces behind it
            </Link>
          </p>
        </section>
        <div className="grid grid-cols-1 gap-3 xl:grid-cols-[2fr_1fr]">
          <Panel title={lane === 'hour' ? 'The day, over the same day a week before' : 'Both weeks'}>
            <TimeChart
              label={`${metricById(metric).label}, this week over the week before`}
              unit={unit}
              series={lines}
              points={series.points}
              bucketSeconds={series.bucketSeconds}
              marks={onset}
              height={240}
            />
          </Panel>
          <Panel title="How sure it is">
            <IntervalBar {...evidence} threshold={threshold} worse={worse === 'down' ? 'down' : 'up'} />
          </Panel>
        </div>
        <div className="grid grid-cols-1 items-start gap-3 xl:grid-cols-2">
          <div className="grid min-w-0 gap-3">
            <Segments segments={evidence.segments} unit={unit} />
            <Changes projectId={projectId} changes={evidence.changes} />
          </div>
          <div className="grid min-w-0 gap-3">
            <WorstTraces projectId={projectId} traces={evidence.traces} />
            <Parts parts={parts} />
          </div>
        </div>
        <Notifications notifications={notifications} />
        <History events={events} />
      </div>
    </Page>
  )
}

type LeadProps = Pick<ReturnType<typeof useLoaderData<typeof loader>>, 'projectId' | 'incident' | 'rule'>

function Lead({ projectId, incident, rule }: LeadProps) {
  const { ruleName, scope, startedAt, endedAt, endedReason } = incident
  return (
    <>
      {rule ? (
        <Link to={`/p/${projectId}/alerts/rules/${rule.id}`} className="underline">
          {rule.name}
        </Link>
      ) : (
        ruleName
      )}
      {scope && `, ${scope}`}, since <RelativeTime at={startedAt} />
      {endedAt && (
        <>
          , over <RelativeTime at={endedAt} />: {endedReason}
        </>
      )}
    </>
  )
}
