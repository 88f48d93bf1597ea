import { sendSignal } from '../../api/signals.ts'
import { CodeBlock } from '../../components/code-block.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Feedback } from '../../components/feedback.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { Panel } from '../../components/page.tsx'
import { ErrorState } from '../../components/states.tsx'
import { answerOf, type Source } from './answer-of.ts'
import type { LoadedRun } from './route.tsx'
import type { RunView } from './run-view.ts'

/** How the run ended: its answer with sources, its whole result, or why there is none. */
export function Answer({ projectId, run, view }: { projectId: string; run: LoadedRun; view: RunView }) {
  if (view.status === 'error') return <ErrorState title="The run failed">{view.error}</ErrorState>
  if (view.status === 'cancelled') return <Panel title="Cancelled">{view.error}</Panel>
  if (view.status !== 'done') return null
  const known = answerOf(view.result)
  const text = known ? known.answer : JSON.stringify(view.result, null, 2)
  const copied = () =>
    sendSignal(projectId, { trace_id: run.traceId, run_id: run.id, kind: 'copy', id: `dashboard-copy-${run.traceId}` })
  return (
    <Panel
      title="Answer"
      actions={
        <CopyButton text={text} onCopied={() => void copied().catch(() => {})}>
          Copy
        </CopyButton>
      }
    >
      {known ? <Markdown text={text} className="text-[0.875rem]" /> : <CodeBlock label="Result" text={text} />}
      {known?.sources && known.sources.length > 0 && <Sources sources={known.sources} />}
      <div className="mt-4 border-line border-t pt-3">
        <Feedback projectId={projectId} traceId={run.traceId} runId={run.id} thumbs={run.thumbs} />
      </div>
    </Panel>
  )
}

function Sources({ sources }: { sources: Source[] }) {
  return (
    <section className="mt-4">
      <h3 className="mb-1.5 text-muted text-sm">Sources</h3>
      <ol className="grid gap-1.5">
        {sources.map((source, at) => (
          <li key={`${source.path}#${source.title}`}>
            <details className="rounded-md border border-line px-3 py-1.5">
              <summary className="min-w-0 wrap-anywhere">
                <span className="text-muted">{at + 1}.</span> <span className="font-medium">{source.title}</span>{' '}
                <span className="text-muted text-sm">{source.path}</span>
              </summary>
              {source.snippet && <p className="mt-1 text-muted">{source.snippet}</p>}
            </details>
          </li>
        ))}
      </ol>
    </section>
  )
}
