import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react'
import { z } from 'zod'
import { recordAudit, updateProject } from '../../../db/projects.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { parseForm } from '../../form.ts'
import { readBudgets, saveBudgets } from './budgets.server.ts'
import { Budgets } from './budgets.tsx'
import { changes } from './changes.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Project' }] }
export const meta: MetaFunction = () => [{ title: 'Project settings · Davylamp' }]

const toNumber = z.string().trim().min(1, 'Enter a number.').transform(Number)
const number = z.number('Enter a number.')
const share = toNumber.pipe(number.min(0, 'Must be from 0 to 1.').max(1, 'Must be from 0 to 1.'))
const limit = toNumber.pipe(
  number.int('Must be a whole number.').min(1, 'Must be at least 1.').max(1_000_000, 'At most 1,000,000.'),
)

const settingsForm = z
  .object({
    name: z.string().trim().min(1, 'Name the project.').max(100, 'At most 100 characters.'),
    ratingNegativeBelow: share,
    ratingPositiveAbove: share,
    editPositiveUpTo: share,
    editNegativeAbove: share,
    maxQueuedRuns: limit,
    maxRunsPerUser: limit,
  })
  .refine(form => form.ratingNegativeBelow <= form.ratingPositiveAbove, {
    path: ['ratingPositiveAbove'],
    message: 'Must not be below the limit for negative.',
  })
  .refine(form => form.editPositiveUpTo <= form.editNegativeAbove, {
    path: ['editNegativeAbove'],
    message: 'Must not be below the limit for positive.',
  })

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return {
    name: project.name,
    settings: project.settings,
    budgets: await readBudgets(services, project),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const fields = await args.request.formData()
  if (fields.get('intent') === 'budgets') {
    const errors = await saveBudgets(services, { ...project, userId: user.id }, fields)
    return data({ of: 'budgets', errors: errors ?? {}, saved: !errors }, { status: errors ? 400 : 200 })
  }
  const form = parseForm(settingsForm, fields)
  if (!form.ok) return data({ of: 'settings', errors: form.errors, saved: false }, { status: 400 })
  const { name, ...rest } = form.value
  await updateProject(services.postgres, project.id, { name, settings: rest })
  const changed = changes({ name: project.name, ...project.settings }, { name, ...project.settings, ...rest })
  if (Object.keys(changed).length > 0) {
    const entry = { projectId: project.id, userId: user.id, action: 'project.changed', subject: name, detail: changed }
    await recordAudit(services.postgres, entry)
  }
  return data({ of: 'settings', errors: {} as Record<string, string>, saved: true })
}

type Row = { name: string; label: string; hint: string; step: string }

const feedback: Row[] = [
  { name: 'ratingNegativeBelow', label: 'Rating is negative below', hint: 'Ratings go from 0 to 1.', step: '0.01' },
  {
    name: 'ratingPositiveAbove',
    label: 'Rating is positive above',
    hint: 'Between the two it is neutral.',
    step: '0.01',
  },
  {
    name: 'editPositiveUpTo',
    label: 'Edit is positive up to',
    hint: 'The share of the text that was changed.',
    step: '0.01',
  },
  { name: 'editNegativeAbove', label: 'Edit is negative above', hint: 'Between the two it is neutral.', step: '0.01' },
]
const limits: Row[] = [
  { name: 'maxQueuedRuns', label: 'Open runs of the project', hint: 'Queued and running; above it: 429.', step: '1' },
  { name: 'maxRunsPerUser', label: 'Open runs of one user', hint: 'Queued and running; above it: 429.', step: '1' },
]

export default function ProjectSettings() {
  const { name, settings, budgets, mayChange } = useLoaderData<typeof loader>()
  const answered = useActionData<typeof action>()
  const answerTo = (of: string) => (answered?.of === of ? answered : undefined)
  const answer = answerTo('settings')
  const { formMethod, formData } = useNavigation()
  const isPosting = formMethod === 'POST'
  const isOfBudgets = formData?.get('intent') === 'budgets'
  const busy = isPosting && !isOfBudgets
  const values: Record<string, number | null> = settings
  const numbers = (rows: Row[]) => (
    <div className="grid gap-4 sm:grid-cols-2">
      {rows.map(row => (
        <Field key={row.name} label={row.label} hint={row.hint} error={answer?.errors[row.name]}>
          <Input name={row.name} type="number" step={row.step} min="0" required defaultValue={values[row.name] ?? ''} />
        </Field>
      ))}
    </div>
  )
  return (
    <div className="grid gap-4">
      <Form method="post" noValidate>
        <fieldset disabled={!mayChange} className="grid gap-4">
          <Panel title="Project">
            <Field label="Name" error={answer?.errors.name}>
              <Input name="name" required maxLength={100} defaultValue={name} />
            </Field>
          </Panel>
          <Panel title="Feedback" lead="When a signal counts as negative or positive. It holds for signals to come.">
            {numbers(feedback)}
          </Panel>
          <Panel title="Run limits">{numbers(limits)}</Panel>
          <div className="flex items-center gap-3">
            <Button type="submit" look="primary" busy={busy}>
              Save
            </Button>
            <span role="status" className="text-muted">
              {!mayChange && 'Only an owner or admin may change these.'}
              {answer?.saved && !busy && 'Saved.'}
            </span>
          </div>
        </fieldset>
      </Form>
      <Budgets
        budgets={budgets}
        mayChange={mayChange}
        errors={answerTo('budgets')?.errors}
        saved={Boolean(answerTo('budgets')?.saved) && !isPosting}
        busy={isPosting && isOfBudgets}
      />
    </div>
  )
}
