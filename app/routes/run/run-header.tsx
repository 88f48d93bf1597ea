import { Ban, RotateCcw, Unplug } from 'lucide-react'
import { useState } from 'react'
import { cancelRun } from '../../api/runs.ts'
import { Badge, StatusBadge } from '../../components/badge.tsx'
import { Button, ButtonLink } from '../../components/button.tsx'
import type { LoadedRun } from './route.tsx'
import { hasEnded, type RunView } from './run-view.ts'
import type { Connection } from './use-run-stream.ts'

export function RunHeader({
  projectId,
  run,
  view,
  connection,
}: {
  projectId: string
  run: LoadedRun
  view: RunView
  connection: Connection
}) {
  const [asked, setAsked] = useState(false)
  const [fault, setFault] = useState<string>()
  const cancel = async () => {
    setAsked(true)
    try {
      await cancelRun(projectId, run.id)
    } catch (error) {
      setAsked(false)
      setFault(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="font-semibold text-xl">
        {run.workflow} <span className="font-normal text-muted">v{run.workflowVersion}</span>
      </h1>
      <span aria-live="polite">
        <StatusBadge status={view.status === 'interrupted' ? 'waiting' : view.status} />
      </span>
      {view.servedBy === 'deterministic' && (
        <StatusBadge status="deterministic" title={view.servedReason}>
          deterministic{view.servedReason && `: ${view.servedReason}`}
        </StatusBadge>
      )}
      {connection === 'lost' && (
        <Badge tone="warn" icon={Unplug}>
          connection lost, trying again
        </Badge>
      )}
      <div className="ml-auto flex flex-wrap items-center gap-2">
        {fault && (
          <span role="alert" className="text-bad text-sm">
            {fault}
          </span>
        )}
        {!hasEnded(view.status) && (
          <Button icon={Ban} onClick={cancel} busy={asked}>
            {asked ? 'Cancelling' : 'Cancel'}
          </Button>
        )}
        {hasEnded(view.status) && (
          <ButtonLink to={`/p/${projectId}/runs?start=${encodeURIComponent(run.workflow)}`} icon={RotateCcw}>
            New run
          </ButtonLink>
        )}
        <ButtonLink to={`/p/${projectId}/traces/${run.traceId}`}>Open trace</ButtonLink>
      </div>
    </header>
  )
}
