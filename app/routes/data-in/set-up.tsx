import { Link, useFetcher, useSearchParams } from '@remix-run/react'
import { KeyRound } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { Panel } from '../../components/page.tsx'
import type { Client, Endpoints } from './clients/client.ts'
import { keyPlaceholder, snippets } from './snippets.ts'

/** Set-up to paste, with a real key where one was made in this browser just now; the chosen client is in the URL. */
export function SetUp({
  projectId,
  endpoints,
  newKey,
  mayChange,
}: {
  projectId: string
  endpoints: Endpoints
  newKey: string | undefined
  mayChange: boolean
}) {
  const [params] = useSearchParams()
  const clients = snippets(endpoints, newKey ?? keyPlaceholder)
  const chosen = clients.find(({ id }) => id === params.get('client')) ?? clients[0]!
  return (
    <Panel title="Set-up" actions={mayChange && !newKey && <FillKey projectId={projectId} />} flush>
      <p className="px-4 pb-2 text-muted text-sm">
        {newKey
          ? 'Your new key is filled in below. It is shown for half an hour in this browser, then never again: copy it now.'
          : `Replace ${keyPlaceholder} by a key of this project, or let a new one be made and filled in.`}
      </p>
      <div className="border-line border-t md:grid md:grid-cols-[13rem_1fr]">
        <Choice clients={clients} chosen={chosen} />
        <section aria-label={chosen.label} className="grid min-w-0 content-start gap-3 p-4">
          <p className="text-muted">{chosen.lead}</p>
          {chosen.steps.map(step => (
            <CodeBlock key={`${chosen.id}/${step.label}`} label={step.label} text={step.text} />
          ))}
        </section>
      </div>
    </Panel>
  )
}

function Choice({ clients, chosen }: { clients: Client[]; chosen: Client }) {
  const [params] = useSearchParams()
  const to = (id: string) => {
    const next = new URLSearchParams(params)
    next.set('client', id)
    return `?${next}`
  }
  const groups = [...new Set(clients.map(({ group }) => group))]
  return (
    <nav
      aria-label="Clients"
      className="flex gap-4 overflow-x-auto border-line p-2 max-md:border-b md:grid md:content-start md:gap-2 md:border-r"
    >
      {groups.map(group => (
        <div key={group} className="shrink-0">
          <p className="px-2 py-1 font-medium text-muted text-xs">{group}</p>
          <ul className="flex md:grid">
            {clients
              .filter(client => client.group === group)
              .map(({ id, label }) => (
                <li key={id}>
                  <Link
                    to={to(id)}
                    preventScrollReset
                    replace
                    aria-current={id === chosen.id || undefined}
                    className={classes(
                      'flex h-8 items-center whitespace-nowrap rounded-md px-2 focus-visible:-outline-offset-2',
                      id === chosen.id ? 'bg-accent-soft font-medium' : 'text-muted hover:bg-hover hover:text-ink',
                    )}
                  >
                    {label}
                  </Link>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

function FillKey({ projectId }: { projectId: string }) {
  const fetcher = useFetcher<{ error?: string }>()
  const create = () =>
    fetcher.submit({ intent: 'create', name: 'Set-up' }, { method: 'post', action: `/p/${projectId}/settings/keys` })
  return (
    <>
      {fetcher.data?.error && <span className="text-bad text-sm">{fetcher.data.error}</span>}
      <Button size="sm" icon={KeyRound} onClick={create} busy={fetcher.state !== 'idle'}>
        Create a key and fill it in
      </Button>
    </>
  )
}
