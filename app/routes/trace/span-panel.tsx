import { useState } from 'react'
import { StatusBadge } from '../../components/badge.tsx'
import { classes } from '../../components/classes.ts'
import { duration, usd, whole } from '../../components/format.ts'
import { Id } from '../../components/id.tsx'
import { type Tab, Tabs } from '../../components/tabs.tsx'
import { hidesUsage } from '../traces/usage-words.ts'
import { Attributes } from './attributes.tsx'
import { Conversation } from './conversation.tsx'
import { Events } from './events.tsx'
import { Flags } from './flags.tsx'
import { PayloadBase } from './payload-base.ts'
import { Raw } from './raw.tsx'
import { Said } from './said.tsx'
import { unknownCost } from './span-facts.ts'
import { KindMark } from './span-kind.tsx'
import type { ShownSpan, TraceData } from './trace.server.ts'

/** The chosen span: its facts, and tabs for what went in and out of it. */
export function SpanPanel({ data, span, loading }: { data: TraceData; span: ShownSpan | null; loading: boolean }) {
  const [tab, setTab] = useState('conversation')
  const [last, setLast] = useState(span)
  if (span && span !== last) setLast(span)
  // While the next span is on its way the one before stays, so that nothing jumps.
  const shown = span ?? last
  if (!shown) return <section aria-label="Span" className="min-w-0 flex-1" />
  const { projectId, trace } = data
  return (
    <PayloadBase.Provider value={`/p/${projectId}/traces/${trace.traceId}/spans/${shown.spanId}/payload`}>
      <section
        aria-label="Span"
        aria-busy={loading}
        className={classes(
          'flex min-h-96 min-w-0 flex-1 flex-col border-line border-t bg-surface lg:min-h-0 lg:border-t-0 lg:border-l',
          loading && 'opacity-60',
        )}
      >
        <Facts span={shown} />
        <Tabs
          label="Parts of the span"
          tabs={tabs(data, shown)}
          value={tab}
          onChange={setTab}
          className="min-h-0 flex-1"
          panelClassName="overflow-y-auto"
        />
      </section>
    </PayloadBase.Provider>
  )
}

function tabs(data: TraceData, span: ShownSpan): Tab[] {
  const faults = span.events.length + (span.statusMessage ? 1 : 0)
  const attributes = Object.keys(span.attributes).length + Object.keys(span.resource).length
  return [
    {
      id: 'conversation',
      label: span.kind === 'tool' ? 'Call' : 'Conversation',
      content: <Conversation key={span.spanId} span={span} />,
    },
    { id: 'raw', label: 'Raw', content: <Raw key={span.spanId} span={span} /> },
    { id: 'attributes', label: 'Attributes', count: attributes, content: <Attributes span={span} /> },
    { id: 'events', label: 'Events', count: faults, content: <Events span={span} /> },
    {
      id: 'feedback',
      label: 'Feedback',
      count: data.signals.length,
      content: <Said projectId={data.projectId} trace={data.trace} signals={data.signals} />,
    },
    {
      id: 'flags',
      label: 'Flags',
      count: Object.keys(span.featureFlags).length,
      content: <Flags projectId={data.projectId} span={span} />,
    },
  ]
}

function Facts({ span }: { span: ShownSpan }) {
  const model = span.model || span.modelRequested
  const facts = [
    duration(span.durationMs),
    span.ttftMs !== null && `first token after ${duration(span.ttftMs)}`,
    model && !span.name.includes(model) && model,
    hidesUsage(span) ? 'tokens unknown' : span.inputTokens + span.outputTokens > 0 && tokenWords(span),
    costWords(span),
    span.finishReasons.length > 0 && `finished: ${span.finishReasons.join(', ')}`,
  ].filter(Boolean)
  return (
    <header className="grid gap-1 px-4 pt-2.5 pb-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <KindMark kind={span.kind} />
        <h2 className="min-w-0 wrap-anywhere font-semibold text-lg">{span.name}</h2>
        {span.status === 'error' && <StatusBadge status="error" />}
        {span.status === 'interrupted' && <StatusBadge status="interrupted" />}
        {span.kind === 'tool' && span.toolOutcome !== '' && span.status !== 'error' && (
          <StatusBadge status={span.toolOutcome === 'error' ? 'failed' : span.toolOutcome} />
        )}
        <span className="ml-auto">
          <Id id={span.spanId} />
        </span>
      </div>
      <p className="flex flex-wrap gap-x-3 text-muted text-sm">
        {facts.map(fact => (
          <span key={String(fact)}>{fact}</span>
        ))}
      </p>
      {span.model && span.modelRequested && span.model !== span.modelRequested && (
        <p className="text-muted text-sm">
          asked for {span.modelRequested}, answered by {span.model}
        </p>
      )}
      {span.statusMessage && <p className="wrap-anywhere text-bad text-sm">{span.statusMessage}</p>}
    </header>
  )
}

function tokenWords(span: ShownSpan): string {
  const within = [
    span.cacheReadTokens > 0 && `${whole(span.cacheReadTokens)} from cache`,
    span.cacheWriteTokens > 0 && `${whole(span.cacheWriteTokens)} to cache`,
    span.cacheWrite1hTokens > 0 && `${whole(span.cacheWrite1hTokens)} of them for an hour`,
    span.reasoningTokens > 0 && `${whole(span.reasoningTokens)} reasoning`,
    span.inputAudioTokens > 0 && `${whole(span.inputAudioTokens)} audio in`,
    span.outputAudioTokens > 0 && `${whole(span.outputAudioTokens)} audio out`,
  ].filter(Boolean)
  const detail = within.length > 0 ? ` (${within.join(', ')})` : ''
  return `${whole(span.inputTokens)} in, ${whole(span.outputTokens)} out${detail}`
}

function costWords(span: ShownSpan): string | false {
  const counts = span.kind === 'llm' || span.kind === 'embedding'
  if (!counts) return false
  if (span.costUsd !== null) return usd(span.costUsd)
  return (span.inputTokens + span.outputTokens > 0 || hidesUsage(span)) && `cost ${unknownCost(span) || 'unknown'}`
}
