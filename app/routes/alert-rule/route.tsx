import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { listChannels } from '../../../db/alert-channels.ts'
import { createRule, getRule, updateRule } from '../../../db/alert-rules.ts'
import { createBacktest, getBacktest } from '../../../db/backtests.ts'
import { alertRule } from '../../../db/domain/alert-rule.ts'
import { recordAudit } from '../../../db/projects.ts'
import { traceFacets } from '../../../db/traces.ts'
import { notFound, requireAdmin, requireProject } from '../../access.server.ts'
import { useLive } from '../../components/live-toggle.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Backtest } from './backtest.tsx'
import { readRuleForm } from './rule-form.server.ts'
import { RuleForm } from './rule-form.tsx'

export const handle: PageHandle = {
  crumbs: (_, params) => [
    { label: 'Alerts', to: 'alerts' },
    { label: 'Rules', to: 'alerts/rules' },
    { label: params.ruleId === 'new' ? 'New rule' : 'Rule' },
  ],
}
export const meta: MetaFunction<typeof loader> = ({ data: found }) => [
  { title: `${found?.saved?.name ?? 'New rule'} · Davylamp` },
]

const fresh = alertRule.parse({ name: '-', metric: 'negative_feedback_rate', floor: 0.005 })

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const { ruleId = '' } = args.params
  const tried = new URL(args.request.url).searchParams.get('backtest')
  const now = new Date()
  const month = { projectId: project.id, from: new Date(now.getTime() - 14 * 86_400_000), to: now }
  const [saved, backtest, channels, facets] = await Promise.all([
    ruleId === 'new' ? undefined : getRule(services.postgres, project.id, ruleId),
    tried ? getBacktest(services.postgres, project.id, tried) : undefined,
    listChannels(services.postgres, project.id),
    traceFacets(services.clickhouse, month).catch(() => undefined),
  ])
  if (ruleId !== 'new' && !saved) throw notFound('This project has no such rule.')
  const rule = backtest?.rule ?? saved ?? { ...fresh, name: '' }
  return {
    saved: saved && { id: saved.id, name: saved.name, revision: saved.revision },
    rule,
    backtest,
    channels: channels.map(({ id, name, kind }) => ({ id, name, kind })),
    suggestions: facets && {
      workflow: names(facets.workflow),
      model: names(facets.model),
      version: names(facets.version),
      environment: names(facets.environment),
      variant: names(facets.variant),
      tag: names(facets.tag),
    },
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

const names = (values: { value: string }[]) => values.map(({ value }) => value)

type Answer = { errors: Record<string, string> }

/** A rule is tried on history first; what is saved is the very rule that was tried. */
export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const { ruleId = '' } = args.params
  const form = await args.request.formData()
  if (form.get('intent') === 'try') {
    const read = readRuleForm(form)
    if (read.errors) return data<Answer>({ errors: read.errors }, { status: 400 })
    return redirect(`?backtest=${await createBacktest(services.postgres, project.id, read.rule, user.id)}#backtest`)
  }
  const tried = await getBacktest(services.postgres, project.id, String(form.get('backtest') ?? ''))
  if (!tried || (tried.status !== 'done' && tried.status !== 'failed'))
    return data<Answer>({ errors: { form: 'Try the rule on the project’s history first.' } }, { status: 409 })
  const note = { projectId: project.id, userId: user.id, detail: { rule: tried.rule } }
  if (ruleId === 'new') {
    const id = await createRule(services.postgres, project.id, tried.rule, user.id)
    await recordAudit(services.postgres, { ...note, action: 'rule.created', subject: id })
  } else {
    const key = { projectId: project.id, id: ruleId, revision: Number(form.get('revision')) }
    // The form does not ask whether the rule is on: it stays as it is.
    const { enabled: _, ...changed } = tried.rule
    if (!(await updateRule(services.postgres, key, changed)))
      return data<Answer>(
        { errors: { form: 'Somebody changed this rule since you opened it: open it again and try once more.' } },
        { status: 409 },
      )
    await recordAudit(services.postgres, { ...note, action: 'rule.changed', subject: ruleId })
  }
  return redirect(`/p/${project.id}/alerts/rules`)
}

export default function AlertRulePage() {
  const { saved, rule, backtest, channels, suggestions, mayChange } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const errors = answer?.errors ?? {}
  useLive(backtest?.status === 'queued' || backtest?.status === 'running', 1_000)
  return (
    <Page title={saved?.name ?? 'New rule'} lead="It is tried on the project’s own history before it is saved." narrow>
      <div className="grid gap-4">
        {errors.form && <ErrorState title={errors.form} />}
        {backtest && <Backtest backtest={backtest} revision={saved?.revision} mayChange={mayChange} />}
        <RuleForm
          key={backtest?.id ?? saved?.id}
          rule={rule}
          errors={errors}
          channels={channels}
          suggestions={suggestions}
          mayChange={mayChange}
        />
      </div>
    </Page>
  )
}
