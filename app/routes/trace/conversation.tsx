import { useState } from 'react'
import { prettyJson } from '../../../db/domain/json.ts'
import { type Message, readMessages } from '../../../db/domain/messages.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { classes } from '../../components/classes.ts'
import { LongText } from './long-text.tsx'
import { MessageView } from './message-view.tsx'
import type { ShownSpan } from './trace.server.ts'
import { WholePayload } from './whole-payload.tsx'

/** What went in and what came out, as people read it: messages, or a tool's arguments and result. */
export function Conversation({ span }: { span: ShownSpan }) {
  return span.kind === 'tool' ? <ToolCall span={span} /> : <Messages span={span} />
}

function Messages({ span }: { span: ShownSpan }) {
  const [markdown, setMarkdown] = useState(true)
  const asked = readMessages(span.input, 'user')
  const answered = readMessages(span.output, 'assistant')
  if (asked.length + answered.length === 0) return <Nothing />
  return (
    <div className="grid gap-3 px-4 py-3">
      <div className="flex justify-end">
        <Toggle markdown={markdown} onChange={setMarkdown} />
      </div>
      <List label="Input" messages={asked} markdown={markdown} />
      {asked.length > 0 && answered.length > 0 && (
        <p className="flex items-center gap-2 text-faint text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          answer
        </p>
      )}
      <List label="Output" messages={answered} markdown={markdown} />
      <WholePayload span={span} field="input" />
      <WholePayload span={span} field="output" />
    </div>
  )
}

function List({ label, messages, markdown }: { label: string; messages: Message[]; markdown: boolean }) {
  if (messages.length === 0) return null
  return (
    <ol aria-label={label} className="grid gap-3">
      {messages.map((message, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
        <MessageView key={at} message={message} markdown={markdown} />
      ))}
    </ol>
  )
}

const looks = [
  { on: true, label: 'Markdown' },
  { on: false, label: 'As sent' },
]

function Toggle({ markdown, onChange }: { markdown: boolean; onChange: (on: boolean) => void }) {
  return (
    <fieldset className="flex rounded-md border border-line-strong text-sm">
      <legend className="sr-only">Show texts as</legend>
      {looks.map(({ on, label }) => (
        <button
          key={label}
          type="button"
          aria-pressed={markdown === on}
          onClick={() => onChange(on)}
          className={classes(
            'px-2 py-0.5 first:rounded-l-md last:rounded-r-md',
            markdown === on ? 'bg-accent-soft font-medium' : 'text-muted hover:bg-hover',
          )}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}

function ToolCall({ span }: { span: ShownSpan }) {
  const given = span.toolArguments || span.input
  const result = span.toolResult || span.output
  const outcome = span.toolOutcome === 'error' ? 'failed' : span.toolOutcome
  return (
    <div className="grid gap-4 px-4 py-3">
      <Part
        title={`Arguments of ${span.toolName || span.name}`}
        text={given}
        nothing="It was called without arguments."
      />
      <WholePayload span={span} field="toolArguments" />
      <Part
        title="Result"
        mark={outcome ? <StatusBadge status={outcome} /> : null}
        text={result}
        nothing={outcome === 'failed' ? 'It failed and returned nothing.' : 'It returned nothing.'}
      />
      <WholePayload span={span} field="toolResult" />
    </div>
  )
}

function Part({
  title,
  mark,
  text,
  nothing,
}: {
  title: string
  mark?: React.ReactNode
  text: string
  nothing: string
}) {
  return (
    <section className="grid gap-1.5">
      <h3 className="flex items-center gap-2 text-muted text-sm">
        {title} {mark}
      </h3>
      {text === '' ? <p className="text-faint">{nothing}</p> : <LongText text={prettyJson(text)} label={title} mono />}
    </section>
  )
}

const Nothing = () => (
  <p className="px-4 py-6 text-center text-muted">
    This span recorded no input or output. What it did record is under Attributes.
  </p>
)
