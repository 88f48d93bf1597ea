import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node'
import { useLoaderData, useNavigate, useSearchParams } from '@remix-run/react'
import { Flag as FlagIcon, Search, Users } from 'lucide-react'
import { z } from 'zod'
import { readItem } from '../../../db/flag-history.ts'
import { readWorkers } from '../../../db/flag-processes.ts'
import { saveItem } from '../../../db/flags.ts'
import { mayEdit, requireEditor, requireProject } from '../../access.server.ts'
import { ButtonLink } from '../../components/button.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Input } from '../../components/input.tsx'
import type { PageHandle } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { type FormErrors, parseForm } from '../../form.ts'
import { unlessOnly } from '../../revalidate.ts'
import { columns } from './columns.tsx'
import { newFlag } from './new-flag.server.ts'
import { NewFlag } from './new-flag.tsx'
import { listFlagRows } from './rows.server.ts'

export const handle: PageHandle = { crumbs: [{ label: 'Flags', to: 'flags' }], live: { everyMs: 5_000 } }
export const meta: MetaFunction = () => [{ title: 'Flags · Davylamp' }]

export const shouldRevalidate = unlessOnly('q', 'new')

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const [rows, workers] = await Promise.all([
    listFlagRows(services, project.id, new Date()),
    readWorkers(services.postgres),
  ])
  const taken = new Set(rows.map(({ key }) => key))
  return {
    projectId: project.id,
    rows,
    workflows: [...new Set(workers.workflows.map(({ name }) => name))].filter(name => !taken.has(name)),
    mayChange: mayEdit(project.role),
  }
}

const form = z.object({
  type: z.enum(['workflow', 'boolean', 'string', 'number', 'object']),
  key: z.string().trim().min(1, 'Give it a key.'),
  description: z.string().trim().default(''),
})

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireEditor(args)
  const asked = parseForm(form, await args.request.formData())
  if (!asked.ok) return data({ errors: asked.errors }, { status: 400 })
  const { key } = asked.value
  const ref = { projectId: project.id, kind: 'flag' as const, key }
  const item = await readItem(services.postgres, ref)
  if (item?.doc) return data({ errors: { key: `There is a flag ${key} already.` } as FormErrors }, { status: 400 })
  const saved = await saveItem(services.postgres, {
    ...ref,
    // A key that was removed is taken up again, with its history.
    from: item?.revision ?? 0,
    author: { by: 'person', userId: user.id },
    why: '',
    change: () => newFlag(asked.value),
  })
  if (saved.ok) return redirect(`/p/${project.id}/flags/${encodeURIComponent(key)}`)
  const fault = saved.refused === 'invalid' ? saved.faults.find(({ path }) => path === 'key')?.message : undefined
  return data({ errors: { key: fault ? `The key ${fault}.` : saved.message } as FormErrors }, { status: 400 })
}

export default function Flags() {
  const { rows, workflows, mayChange, projectId } = useLoaderData<typeof loader>()
  const navigate = useNavigate()
  const [params, setParams] = useSearchParams()
  const q = (params.get('q') ?? '').toLowerCase()
  const shown = rows.filter(({ key, description }) => `${key} ${description}`.toLowerCase().includes(q))
  const search = (text: string) =>
    setParams(
      now => {
        if (text) now.set('q', text)
        else now.delete('q')
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  return (
    <div className="page-fill">
      <header className="flex flex-wrap items-center gap-2 px-4 py-3">
        <h1 className="mr-2 font-semibold text-xl">Flags</h1>
        {rows.length > 0 && (
          <Input
            icon={Search}
            type="search"
            aria-label="Find a flag"
            placeholder="Find…"
            className="w-44"
            defaultValue={params.get('q') ?? ''}
            onChange={event => search(event.target.value)}
          />
        )}
        <div className="ml-auto flex gap-2">
          <ButtonLink to="segments" icon={Users}>
            Segments
          </ButtonLink>
          {mayChange && <NewFlag workflows={workflows} />}
        </div>
      </header>
      <DataTable
        label="Flags"
        className="flex-1 border-line border-t"
        columns={columns}
        rows={shown}
        rowKey={({ key }) => key}
        onOpen={({ key }) => navigate(`/p/${projectId}/flags/${encodeURIComponent(key)}`)}
        empty={
          q ? <EmptyState title="No flag matches" actions={<ButtonLink to="?">Show all</ButtonLink>} /> : <NoFlags />
        }
      />
    </div>
  )
}

function NoFlags() {
  return (
    <EmptyState
      icon={FlagIcon}
      title="No flags yet"
      actions={
        <ButtonLink to="?new" look="primary">
          Create a flag
        </ButtonLink>
      }
    >
      A flag of a workflow switches its AI off, or gives a new version, model or prompt to a share of the users first.
      Any other flag holds a value that your application reads through OpenFeature.
    </EmptyState>
  )
}
