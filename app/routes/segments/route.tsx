import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { Plus, Users } from 'lucide-react'
import { z } from 'zod'
import { usersOf } from '../../../db/domain/flags/check.ts'
import { segment } from '../../../db/domain/flags/segment.ts'
import { listItems, readItem } from '../../../db/flag-history.ts'
import { saveItem } from '../../../db/flags.ts'
import { mayEdit, requireEditor, requireProject } from '../../access.server.ts'
import { Button } from '../../components/button.tsx'
import { Page, type PageHandle, Panel } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { unlessOnly } from '../../revalidate.ts'
import type { FlagAnswer } from '../flag/change-flag.server.ts'
import { SegmentDialog } from './segment-dialog.tsx'
import { SegmentRow } from './segment-row.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Flags', to: 'flags' }, { label: 'Segments' }] }
export const meta: MetaFunction = () => [{ title: 'Segments · Flags · Davylamp' }]

export const shouldRevalidate = unlessOnly()

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const items = await listItems(services.postgres, project.id, 'segment')
  const set = services.flags.set(project.id)
  const segments = items.flatMap(({ key, doc, revision, changedAt, who }) => {
    const read = segment.safeParse(doc)
    return read.success ? [{ ...read.data, revision, changedAt, who, usedBy: usersOf({ key }, set) }] : []
  })
  return { segments, mayChange: mayEdit(project.role) }
}

const request = z.object({
  intent: z.enum(['save', 'remove']),
  key: z.string().trim(),
  from: z.coerce.number().int().min(0),
  doc: z.string().max(600_000).default('null'),
})

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireEditor(args)
  const asked = request.safeParse(Object.fromEntries(await args.request.formData()))
  const doc = asked.success ? parseJson(asked.data.doc) : undefined
  if (!asked.success || doc === undefined) return refused('The request cannot be read.')
  const { intent, key, from } = asked.data
  const ref = { projectId: project.id, kind: 'segment' as const, key }
  const item = from === 0 ? await readItem(services.postgres, ref) : undefined
  if (item?.doc) return refused(`There is a segment ${key} already.`)
  const saved = await saveItem(services.postgres, {
    ...ref,
    // A key that was removed is taken up again, with its history.
    from: from === 0 ? (item?.revision ?? 0) : from,
    author: { by: 'person', userId: user.id },
    why: '',
    change: () => (intent === 'remove' ? null : doc),
  })
  if (saved.ok)
    return data<FlagAnswer>({ ok: true, version: saved.version, changed: saved.changed, removed: intent === 'remove' })
  const stale = saved.refused === 'stale'
  const faults = saved.refused === 'invalid' ? saved.faults : []
  return data<FlagAnswer>({ ok: false, stale, message: saved.message, faults }, { status: stale ? 409 : 400 })
}

const refused = (message: string) => data<FlagAnswer>({ ok: false, stale: false, message, faults: [] }, { status: 400 })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type SegmentView = Awaited<ReturnType<typeof loader>>['segments'][number]

export default function Segments() {
  const { segments, mayChange } = useLoaderData<typeof loader>()
  const create = mayChange && (
    <SegmentDialog
      trigger={
        <Button look="primary" icon={Plus}>
          New segment
        </Button>
      }
    />
  )
  return (
    <Page title="Segments" lead="Named groups of users that the rules of flags ask for." actions={create}>
      <Panel flush>
        {segments.length === 0 ? (
          <EmptyState icon={Users} title="No segments yet">
            Make one of those whom you treat alike in several flags: your own staff, beta testers, a country.
          </EmptyState>
        ) : (
          <ul>
            {segments.map(one => (
              <SegmentRow key={one.key} segment={one} mayChange={mayChange} />
            ))}
          </ul>
        )}
      </Panel>
    </Page>
  )
}
