import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Link, useFetcher, useLoaderData } from '@remix-run/react'
import { Plus } from 'lucide-react'
import { z } from 'zod'
import { deleteRule, listRules, updateRule } from '../../../db/alert-rules.ts'
import { readStandings } from '../../../db/alerts.ts'
import { filterWords } from '../../../db/domain/alert-rule.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { recordAudit } from '../../../db/projects.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { Button, ButtonLink } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { share } from '../../components/format.ts'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { AlertState } from '../incident/badges.tsx'
import { type Standing, summarise } from './standings.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Rules' }], live: { everyMs: 10_000 } }
export const meta: MetaFunction = () => [{ title: 'Alert rules · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const [rules, standings] = await Promise.all([
    listRules(services.postgres, project.id),
    readStandings(services.postgres, project.id),
  ])
  const of = (id: string): Standing[] => [...standings.values()].filter(({ ruleId }) => ruleId === id)
  return {
    rules: rules.map(rule => ({ ...rule, standing: summarise(of(rule.id)) })),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

const change = z.discriminatedUnion('intent', [
  z.object({
    intent: z.literal('switch'),
    id: z.string(),
    revision: z.coerce.number().int(),
    enabled: z.enum(['true', 'false']),
  }),
  z.object({ intent: z.literal('delete'), id: z.string() }),
])

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const form = change.safeParse(Object.fromEntries(await args.request.formData()))
  if (!form.success) return data({ error: form.error.issues[0]?.message ?? 'Bad input.' }, { status: 400 })
  const { id } = form.data
  const note = { projectId: project.id, userId: user.id, subject: id }
  if (form.data.intent === 'delete') {
    if (!(await deleteRule(services.postgres, project.id, id)))
      return data({ error: 'This rule came with the project: it can be switched off, not deleted.' }, { status: 409 })
    await recordAudit(services.postgres, { ...note, action: 'rule.deleted' })
    return data({ error: undefined })
  }
  const enabled = form.data.enabled === 'true'
  const changed = await updateRule(
    services.postgres,
    { projectId: project.id, id, revision: form.data.revision },
    { enabled },
  )
  if (!changed) return data({ error: 'Somebody changed this rule since: look again.' }, { status: 409 })
  await recordAudit(services.postgres, { ...note, action: enabled ? 'rule.switched on' : 'rule.switched off' })
  return data({ error: undefined })
}

export default function Rules() {
  const { rules, mayChange } = useLoaderData<typeof loader>()
  return (
    <Panel
      title="Rules"
      lead="What is compared with the window before. Ten come with every project; add your own on any metric, filter, window and threshold."
      actions={
        mayChange && (
          <ButtonLink to="new" look="primary" icon={Plus} size="sm">
            New rule
          </ButtonLink>
        )
      }
      flush
    >
      <PlainTable label="Rules" head={['Rule', 'Watches', 'Fires at', 'Stands', 'Last look', { hidden: 'Actions' }]}>
        {rules.map(rule => (
          <RuleRow key={rule.id} rule={rule} mayChange={mayChange} />
        ))}
      </PlainTable>
    </Panel>
  )
}

type Rule = Awaited<ReturnType<typeof loader>>['rules'][number]

function RuleRow({ rule, mayChange }: { rule: Rule; mayChange: boolean }) {
  const {
    id,
    name,
    metric,
    filters,
    eachWorkflow,
    windowHours,
    threshold,
    severity,
    enabled,
    builtIn,
    revision,
    standing,
  } = rule
  const narrowed = filterWords(filters)
  return (
    <tr className={enabled ? undefined : 'text-muted'}>
      <td>
        <Link to={id} className="font-medium hover:underline">
          {name}
        </Link>
      </td>
      <td>
        {metricById(metric).label}
        <span className="block min-w-40 text-muted">
          {eachWorkflow ? 'each workflow' : 'the whole project'}
          {narrowed && `, ${narrowed}`}, {windowHours % 24 === 0 ? `${windowHours / 24} days` : `${windowHours} h`}
        </span>
      </td>
      <td className="whitespace-nowrap">
        {share(threshold)} worse
        <span className="block text-muted">{severity === 'page' ? 'may page' : 'warns only'}</span>
      </td>
      <td className="min-w-40">
        {!enabled ? (
          'off'
        ) : standing ? (
          <>
            <AlertState state={standing.state} />
            <span className="block text-muted">
              {standing.scope && `${standing.scope}: `}
              {standing.reason}
            </span>
          </>
        ) : (
          <span className="text-muted">not looked at yet</span>
        )}
      </td>
      <td className="whitespace-nowrap">{standing && <RelativeTime at={standing.checkedAt} />}</td>
      <td className="text-right">
        {mayChange && <RowActions id={id} name={name} revision={revision} enabled={enabled} builtIn={builtIn} />}
      </td>
    </tr>
  )
}

function RowActions({
  id,
  name,
  revision,
  enabled,
  builtIn,
}: {
  id: string
  name: string
  revision: number
  enabled: boolean
  builtIn: boolean
}) {
  const fetcher = useFetcher<typeof action>()
  const busy = fetcher.state !== 'idle'
  const send = (fields: Record<string, string>) => fetcher.submit({ id, ...fields }, { method: 'post' })
  return (
    <span className="inline-flex items-center gap-1">
      {fetcher.data?.error && <span className="text-bad">{fetcher.data.error}</span>}
      <Button
        size="sm"
        look="ghost"
        busy={busy}
        onClick={() => send({ intent: 'switch', revision: String(revision), enabled: String(!enabled) })}
      >
        {enabled ? 'Switch off' : 'Switch on'}
      </Button>
      {!builtIn && <Delete name={name} busy={busy} onDelete={() => send({ intent: 'delete' })} />}
    </span>
  )
}

function Delete({ name, busy, onDelete }: { name: string; busy: boolean; onDelete: () => void }) {
  return (
    <ConfirmDialog
      title={`Delete “${name}”?`}
      description="An incident of it that is open ends, and it cannot be brought back. Switched off it looks at nothing, and is kept."
      trigger={
        <Button size="sm" look="ghost" busy={busy}>
          Delete
        </Button>
      }
      verb="Delete"
      onConfirm={onDelete}
    />
  )
}
