import { Bot } from 'lucide-react'
import { whole } from '../../components/format.ts'
import { Markdown } from '../../components/markdown.tsx'
import type { MessageStep } from './run-view.ts'

/** What a model says, as it says it; once that became the run's `answer`, it is shown there. */
export function Message({ step, answer }: { step: MessageStep; answer: string | undefined }) {
  const { model, tool, text, ended, calls, usage, error } = step
  const isAnswer = answer !== undefined && text.trim() === answer.trim()
  return (
    <article className="min-w-0">
      <h3 className="mb-1 flex flex-wrap items-center gap-x-2 text-muted text-sm">
        <Bot size={14} aria-hidden />
        <span>{model}</span>
        {tool && <span>in {tool}</span>}
        {usage && (
          <span>
            {whole(usage.input_tokens)} + {whole(usage.output_tokens)} tokens{usage.estimated && ' (estimated)'}
          </span>
        )}
      </h3>
      {isAnswer ? <p className="text-muted">Wrote the answer below.</p> : text && <Markdown text={text} />}
      {!ended && !error && (
        <span className="pulse-dot inline-block h-4 w-2 bg-accent align-middle" aria-label="writing" role="img" />
      )}
      {ended && !text && calls.length > 0 && (
        <p className="text-muted">Asks for {calls.map(call => call.name).join(', ')}.</p>
      )}
      {error && <p className="text-bad">{error}</p>}
    </article>
  )
}
