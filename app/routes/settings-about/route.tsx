import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { checkHealth } from '../../../db/health.ts'
import packageJson from '../../../package.json'
import { requireProject } from '../../access.server.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { Id } from '../../components/id.tsx'
import { LiveToggle } from '../../components/live-toggle.tsx'
import { type PageHandle, Panel } from '../../components/page.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'About' }] }
export const meta: MetaFunction = () => [{ title: 'About · Davylamp' }]

const names: Record<string, string> = {
  clickhouse: 'ClickHouse',
  postgres: 'Postgres',
  queue: 'Run queue',
  redis: 'Redis',
}

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const { config } = services
  const health = await checkHealth(services)
  const stores = Object.entries(health.stores).map(([store, state]) => ({ name: names[store] ?? store, state }))
  return {
    version: packageJson.version,
    node: process.version,
    projectId: project.id,
    stores,
    kinds: {
      ClickHouse: config.clickhouseUrl ? 'server' : 'embedded',
      Postgres: config.databaseUrl ? 'server' : 'embedded',
      'Run queue': config.redisUrl ? 'on Redis' : 'on Postgres',
    } as Record<string, string>,
  }
}

export default function About() {
  const { version, node, projectId, stores, kinds } = useLoaderData<typeof loader>()
  return (
    <div className="grid gap-4">
      <Panel title="Davylamp">
        <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-1.5 [&_dt]:text-muted">
          <dt>Version</dt>
          <dd>{version}</dd>
          <dt>Node</dt>
          <dd>{node}</dd>
          <dt>Project id</dt>
          <dd>
            <Id id={projectId} length={20} />
          </dd>
        </dl>
      </Panel>
      <Panel title="Stores" actions={<LiveToggle />} flush>
        <ul className="mt-1">
          {stores.map(({ name, state }) => (
            <li key={name} className="flex flex-wrap items-center gap-3 border-line/60 border-t px-4 py-2">
              <span className="font-medium">{name}</span>
              <span className="flex-1 text-muted">{kinds[name]}</span>
              <StatusBadge status={state === 'ok' ? 'ok' : 'error'}>{state === 'ok' ? 'answers' : state}</StatusBadge>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  )
}
