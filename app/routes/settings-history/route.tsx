import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { History as HistoryIcon } from 'lucide-react'
import { listAudit } from '../../../db/audit.ts'
import { requireProject } from '../../access.server.ts'
import { OlderLink } from '../../components/older-link.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { EmptyState } from '../../components/states.tsx'
import { pageOf, readBefore } from '../../older.ts'

export const handle: PageHandle = { crumbs: [{ label: 'History' }] }
export const meta: MetaFunction = () => [{ title: 'History · Davylamp' }]

const size = 100

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const which = { before: readBefore(args.request.url), limit: size + 1 }
  return pageOf(await listAudit(services.postgres, project.id, which), size, ({ id }) => id)
}

export default function History() {
  const { rows, next } = useLoaderData<typeof loader>()
  return (
    <Panel title="History" lead="Who changed what, newest first." flush>
      {rows.length === 0 && (
        <EmptyState icon={HistoryIcon} title="Nothing changed yet">
          Changes of settings and keys appear here.
        </EmptyState>
      )}
      <ul className="mt-1">
        {rows.map(({ id, action, subject, detail, at, who }) => (
          <li key={id} className="grid gap-x-3 border-line/60 border-t px-4 py-2 sm:grid-cols-[1fr_auto]">
            <p className="min-w-0 wrap-anywhere">
              <span className="font-medium">{who ?? 'The system'}</span>{' '}
              {sentences[action] ?? action.replaceAll(/[._]/g, ' ')} <span className="text-muted">{subject}</span>
            </p>
            <RelativeTime at={at} className="text-muted text-sm" />
            <Details detail={detail} />
          </li>
        ))}
      </ul>
      <OlderLink next={next} what="changes" />
    </Panel>
  )
}

const sentences: Record<string, string> = {
  'instance.set_up': 'set up Davylamp with this project',
  'project.created': 'created the project',
  'project.changed': 'changed the settings of',
  'budget.changed': 'changed the budgets, in US dollars a day, of',
  'retention.changed': 'changed how long data is kept by',
  'member.invited': 'invited',
  'member.uninvited': 'took back the invitation of',
  'member.joined': 'joined as',
  'member.changed': 'gave another role to',
  'member.removed': 'removed the member',
  'member.left': 'left, as',
  'key.created': 'created the key',
  'key.revoked': 'revoked the key',
  'price.added': 'set a price for',
  'price.ended': 'ended the price of',
  'price.withdrawn': 'took back the price of',
  'tool_rule.set': 'set when a result is empty of the tool',
  'tool_rule.removed': 'removed the rule of the tool',
  'redaction.changed': 'changed what is never stored by',
  'costs.recomputed': 'had costs computed again for',
  'flag.created': 'created the flag',
  'flag.changed': 'changed the flag',
  'flag.removed': 'removed the flag',
  'segment.created': 'created the segment',
  'segment.changed': 'changed the segment',
  'segment.removed': 'removed the segment',
  'ai.created': 'switched AI of',
  'ai.changed': 'switched AI of',
}

function Details({ detail }: { detail: Record<string, unknown> }) {
  const entries = Object.entries(detail)
  if (entries.length === 0) return null
  return (
    <ul className="text-muted text-sm sm:col-span-2">
      {entries.map(([name, value]) => (
        <li key={name}>
          {name}: {words(value)}
        </li>
      ))}
    </ul>
  )
}

function words(value: unknown) {
  if (value && typeof value === 'object' && 'from' in value && 'to' in value) return `${value.from} → ${value.to}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}
