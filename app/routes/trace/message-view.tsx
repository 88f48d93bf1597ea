import { Brain, CornerDownRight, FileQuestion, Wrench } from 'lucide-react'
import { prettyJson, readJson } from '../../../db/domain/json.ts'
import { readMediaToken } from '../../../db/domain/media.ts'
import type { Message, MessagePart, MessageRole } from '../../../db/domain/messages.ts'
import { classes } from '../../components/classes.ts'
import { LongText } from './long-text.tsx'
import { MediaView } from './media-view.tsx'

const roleColours: Record<MessageRole, string> = {
  system: 'border-line-strong',
  user: 'border-canary',
  assistant: 'border-accent',
  tool: 'border-deterministic',
}

/** One message: who said it, and its parts in order. */
export function MessageView({
  message,
  markdown,
  bare = false,
}: {
  message: Message
  markdown: boolean /** Without the role. */
  bare?: boolean
}) {
  return (
    <li className={classes('grid min-w-0 gap-1.5 border-l-2 pl-3', roleColours[message.role])}>
      {!bare && (
        <p className="font-medium text-muted text-sm">
          {message.role}
          {message.name && <span className="font-normal"> {message.name}</span>}
        </p>
      )}
      {message.parts.length === 0 && <p className="text-faint">empty</p>}
      {message.parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
        <Part key={at} part={part} markdown={markdown} />
      ))}
    </li>
  )
}

function Part({ part, markdown }: { part: MessagePart; markdown: boolean }) {
  switch (part.type) {
    case 'text':
      return <LongText text={part.text} markdown={markdown} label="text" />
    case 'reasoning':
      return (
        <div className="grid gap-1 text-muted">
          <Caption icon={Brain}>reasoning</Caption>
          <LongText text={part.text} markdown={markdown} label="reasoning" />
        </div>
      )
    case 'tool_call':
      return (
        <div className="grid min-w-0 gap-1">
          <Caption icon={Wrench}>
            calls <span className="font-medium text-ink">{part.name || 'a tool'}</span>
          </Caption>
          {part.arguments && <LongText text={prettyJson(part.arguments)} mono label={`arguments of ${part.name}`} />}
        </div>
      )
    case 'tool_result':
      return (
        <div className="grid min-w-0 gap-1">
          <Caption icon={CornerDownRight}>{part.name ? `result of ${part.name}` : 'result'}</Caption>
          {part.result === '' ? (
            <p className="text-warn">empty</p>
          ) : (
            <LongText text={prettyJson(part.result)} mono label={`result of ${part.name || 'the call'}`} />
          )}
        </div>
      )
    case 'media':
      if (readMediaToken(part.url)) return <MediaView url={part.url} />
      return (
        <Caption icon={FileQuestion}>
          {part.media}
          {part.url && <span className="break-all"> {part.url}</span>}
        </Caption>
      )
    case 'json':
      return markdown ? <Fields json={part.text} /> : <LongText text={prettyJson(part.text)} mono label="JSON" />
  }
}

/** An object by its fields, its texts as people read them; any other JSON as it is. */
function Fields({ json }: { json: string }) {
  const value = readJson(json)
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  if (fields.length === 0 || fields.length > mostFields) return <LongText text={prettyJson(json)} mono label="JSON" />
  return (
    <dl className="grid gap-2">
      {fields.map(([name, inner]) => (
        <div key={name} className="grid min-w-0 gap-0.5">
          <dt className="font-mono text-muted text-sm">{name}</dt>
          <dd className="min-w-0">
            {typeof inner === 'string' ? (
              <LongText text={inner} markdown label={name} />
            ) : typeof inner === 'object' && inner !== null ? (
              <LongText text={prettyJson(JSON.stringify(inner))} mono label={name} />
            ) : (
              <span className="font-mono text-sm">{String(inner)}</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}
const mostFields = 20

const Caption = ({ icon: Icon, children }: { icon: typeof Wrench; children: React.ReactNode }) => (
  <p className="flex items-center gap-1.5 text-muted text-sm">
    <Icon size={13} aria-hidden className="shrink-0" />
    <span>{children}</span>
  </p>
)
