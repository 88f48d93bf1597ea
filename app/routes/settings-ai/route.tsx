import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { aiSwitch } from '../../../db/domain/flags/item.ts'
import { dayMs } from '../../../db/domain/time.ts'
import { readAiUsers } from '../../../db/flag-exposure.ts'
import { listChanges, readItem } from '../../../db/flag-history.ts'
import { readEffect } from '../../../db/flag-processes.ts'
import { saveItem } from '../../../db/flags.ts'
import { isOperator } from '../../../db/members.ts'
import type { Services } from '../../../db/services.ts'
import { mayEdit, requireEditor, requireProject } from '../../access.server.ts'
import type { PageHandle } from '../../components/page.tsx'
import { AiSwitchPanel } from './ai-switch-panel.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'AI switch' }], live: { everyMs: 5_000 } }
export const meta: MetaFunction = () => [{ title: 'AI switch · Davylamp' }]

const patienceMs = 2_000

export async function loader(args: LoaderFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  const operates = await isOperator(services.postgres, user.id)
  const [own, all] = await Promise.all([
    readSwitch(services, project.id),
    // How many users there are elsewhere is nothing for the members of one project.
    readSwitch(services, null, { withUsers: operates }),
  ])
  return { own, all, mayChange: mayEdit(project.role), operates }
}

export type AiSwitchView = Awaited<ReturnType<typeof readSwitch>>

async function readSwitch({ postgres, clickhouse }: Services, projectId: string | null, { withUsers = true } = {}) {
  const item = await readItem(postgres, { projectId, kind: 'ai', key: 'ai' })
  const read = aiSwitch.safeParse(item?.doc)
  const to = new Date()
  const week = { ...(projectId !== null && { projectId }), from: new Date(to.getTime() - 7 * dayMs), to }
  const served = withUsers ? readAiUsers(clickhouse, week) : Promise.resolve(null)
  const late = new Promise<null>(resolve => setTimeout(() => resolve(null), patienceMs).unref())
  const [[change], effect, users] = await Promise.all([
    listChanges(postgres, { projectId, kind: 'ai', key: 'ai', limit: 1 }),
    item ? readEffect(postgres, item.version) : null,
    Promise.race([served.catch(() => null), late]),
  ])
  return {
    now: read.success ? read.data : { off: false, whenOff: 'stop' as const, reason: '' },
    change: change ? { who: change.who, at: change.at } : null,
    version: item?.version ?? 0,
    effect,
    users,
  }
}

const form = z.object({
  scope: z.enum(['project', 'installation']),
  off: z.enum(['true', 'false']),
  whenOff: z.enum(['finish', 'stop']).default('stop'),
  reason: z.string().trim().max(500).default(''),
})
type Answer = { ok: boolean; message?: string }

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireEditor(args)
  const asked = form.safeParse(Object.fromEntries(await args.request.formData()))
  if (!asked.success) return data<Answer>({ ok: false, message: z.prettifyError(asked.error) }, { status: 400 })
  const { scope, off, whenOff, reason } = asked.data
  if (scope === 'installation' && !(await isOperator(services.postgres, user.id)))
    return data<Answer>(
      { ok: false, message: 'Only an owner of the installation’s first project may switch AI for all projects.' },
      { status: 403 },
    )
  const isOff = off === 'true'
  const saved = await saveItem(services.postgres, {
    projectId: scope === 'project' ? project.id : null,
    kind: 'ai',
    key: 'ai',
    author: { by: 'person', userId: user.id },
    why: reason,
    change: () => ({ off: isOff, whenOff, reason: isOff ? reason : '' }),
  })
  return data<Answer>(saved.ok ? { ok: true } : { ok: false, message: saved.message }, { status: saved.ok ? 200 : 400 })
}

export default function AiSwitch() {
  const { own, all, mayChange, operates } = useLoaderData<typeof loader>()
  return (
    <div className="grid gap-4">
      <AiSwitchPanel scope="project" view={own} mayChange={mayChange} />
      <AiSwitchPanel scope="installation" view={all} mayChange={mayChange && operates} />
    </div>
  )
}
