import { useFetcher } from '@remix-run/react'
import { KeyRound } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/code-block.tsx'
import { Panel } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { type Endpoints, keyPlaceholder, snippets } from './snippets.ts'

/** Set-up to paste, with a real key where one was made in this browser just now. */
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
  return (
    <Panel title="Set-up" actions={mayChange && !newKey && <FillKey projectId={projectId} />} flush>
      <p className="px-4 pb-2 text-muted text-sm">
        {newKey
          ? 'Your new key is filled in below. It is shown for half an hour in this browser, then never again: copy it now.'
          : `Replace ${keyPlaceholder} by a key of this project, or let a new one be made and filled in.`}
      </p>
      <Tabs
        label="Clients"
        panelClassName="p-4"
        tabs={snippets(endpoints, newKey ?? keyPlaceholder).map(({ id, label, lead, steps }) => ({
          id,
          label,
          content: (
            <div className="grid gap-3">
              <p className="text-muted">{lead}</p>
              {steps.map(step => (
                <CodeBlock key={step.label} label={step.label} text={step.text} />
              ))}
            </div>
          ),
        }))}
      />
    </Panel>
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
