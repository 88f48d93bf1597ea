import {
  type ActionFunctionArgs,
  data,
  type HeadersFunction,
  type LoaderFunctionArgs,
  type MetaFunction,
} from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { KeyRound } from 'lucide-react'
import { z } from 'zod'
import { createApiKey, listApiKeys, revokeApiKey } from '../../../db/api-keys.ts'
import { recordAudit } from '../../../db/projects.ts'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { EmptyState } from '../../components/states.tsx'
import { keepNewKey } from '../../new-key.server.ts'
import { CreateKey } from './create-key.tsx'
import { KeyRow } from './key-row.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'API keys' }] }
export const meta: MetaFunction = () => [{ title: 'API keys · Davylamp' }]

export const headers: HeadersFunction = ({ actionHeaders }) => actionHeaders

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const keys = await listApiKeys(services.postgres, project.id)
  return {
    projectId: project.id,
    live: keys.filter(key => !key.revokedAt),
    revoked: keys.filter(key => key.revokedAt),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

const change = z.discriminatedUnion('intent', [
  z.object({
    intent: z.literal('create'),
    name: z.string().trim().min(1, 'Name the key.').max(100),
    audience: z.enum(['server', 'client']).default('server'),
  }),
  z.object({ intent: z.literal('revoke'), id: z.string() }),
])

type Answer = { key?: { name: string; key: string }; error?: string }

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const form = change.safeParse(Object.fromEntries(await args.request.formData()))
  if (!form.success) return data<Answer>({ error: form.error.issues[0]?.message ?? 'Bad input.' }, { status: 400 })
  const note = { projectId: project.id, userId: user.id }
  if (form.data.intent === 'revoke') {
    const { id } = form.data
    if (!(await revokeApiKey(services.postgres, { projectId: project.id, id }))) {
      return data<Answer>({ error: 'This key does not exist or was revoked before.' }, { status: 404 })
    }
    await recordAudit(services.postgres, { ...note, action: 'key.revoked', subject: id })
    return data<Answer>({})
  }
  const { name, audience } = form.data
  const made = await createApiKey(services.postgres, { projectId: project.id, name, audience, createdBy: user.id })
  await recordAudit(services.postgres, { ...note, action: 'key.created', subject: made.id, detail: { name, audience } })
  const headers = new Headers({ 'cache-control': 'no-store' })
  // A client key cannot send spans, so the set-up is not filled in with one.
  if (audience === 'server') keepNewKey(services, headers, { projectId: project.id, key: made.key })
  return data<Answer>({ key: { name, key: made.key } }, { headers })
}

export default function Keys() {
  const { projectId, live, revoked, mayChange } = useLoaderData<typeof loader>()
  return (
    <div className="grid gap-4">
      <Panel
        title="API keys"
        lead="Servers send spans, start runs, read flags and give feedback with one of these. A client key may stand in a page."
        actions={mayChange && <CreateKey projectId={projectId} />}
        flush
      >
        {live.length === 0 ? (
          <EmptyState icon={KeyRound} title="No live key">
            Nothing can send data to this project until there is one.
          </EmptyState>
        ) : (
          <KeyTable label="Live keys" keys={live} mayChange={mayChange} />
        )}
      </Panel>
      {revoked.length > 0 && (
        <Panel title="Revoked" flush>
          <KeyTable label="Revoked keys" keys={revoked} mayChange={false} />
        </Panel>
      )}
    </div>
  )
}

type Key = Awaited<ReturnType<typeof loader>>['live'][number]

function KeyTable({ label, keys, mayChange }: { label: string; keys: Key[]; mayChange: boolean }) {
  return (
    <PlainTable label={label} head={['Name', 'Key', 'Created', 'Last used', { hidden: 'Actions' }]}>
      {keys.map(key => (
        <KeyRow key={key.id} apiKey={key} mayChange={mayChange} />
      ))}
    </PlainTable>
  )
}
