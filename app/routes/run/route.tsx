import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { getRun, runCost } from '../../../db/runs.ts'
import { listSignals } from '../../../db/signals.ts'
import { notFound, requireProject } from '../../access.server.ts'
import type { PageHandle } from '../../components/page.tsx'
import { Answer } from './answer.tsx'
import { readRunView } from './read-run-view.server.ts'
import { RunFacts } from './run-facts.tsx'
import { RunHeader } from './run-header.tsx'
import { Steps } from './steps.tsx'
import { useRunStream } from './use-run-stream.ts'

export const handle: PageHandle = {
  crumbs: (_data, params) => [{ label: 'Runs', to: 'runs' }, { label: params.runId ?? '' }],
}
export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: `${data ? `${data.run.workflow} ${data.run.status}` : 'Run'} · Davylamp` },
]

export async function loader(args: LoaderFunctionArgs) {
  const { services, user, project } = await requireProject(args)
  const run = await getRun(services.postgres, project.id, args.params.runId ?? '')
  if (!run) throw notFound('There is no such run in this project.')
  const { clickhouse, events } = services
  const [view, costUsd, signals] = await Promise.all([
    readRunView(events, run),
    runCost(clickhouse, run),
    listSignals(clickhouse, { projectId: project.id, traceId: run.traceId }),
  ])
  const vote = signals.findLast(({ kind }) => kind === 'thumbs')?.value
  const thumbs: 1 | -1 | undefined = vote === 1 ? 1 : vote === -1 ? -1 : undefined
  const { id, traceId, workflow, workflowVersion, input, userId, sessionId, arms, usage } = run
  const { createdAt, startedAt, endedAt, pausedMs, attempt, status } = run
  const facts = { id, traceId, workflow, workflowVersion, input, userId, sessionId, arms, usage, attempt, status }
  return {
    projectId: project.id,
    approver: user.name,
    run: { ...facts, costUsd, thumbs, createdAt, startedAt, endedAt, pausedMs },
    view,
  }
}

export type LoadedRun = Awaited<ReturnType<typeof loader>>['run']

export default function RunPage() {
  const { projectId, approver, run, view: first } = useLoaderData<typeof loader>()
  return <Run key={run.id} {...{ projectId, approver, run, first }} />
}

type Loaded = Awaited<ReturnType<typeof loader>>

function Run({ projectId, approver, run, first }: Omit<Loaded, 'view'> & { first: Loaded['view'] }) {
  const { view, connection } = useRunStream(projectId, run.id, first)
  return (
    <div className="mx-auto w-full max-w-[1400px] px-4 pt-4 pb-10 lg:px-6">
      <RunHeader projectId={projectId} run={run} view={view} connection={connection} />
      <div className="mt-4 grid gap-4 lg:grid-cols-[minmax(0,1fr)_300px]">
        <div className="grid min-w-0 content-start gap-4">
          <Steps projectId={projectId} run={run} view={view} approver={approver} />
          <Answer projectId={projectId} run={run} view={view} />
        </div>
        <RunFacts projectId={projectId} run={run} view={view} />
      </div>
    </div>
  )
}
