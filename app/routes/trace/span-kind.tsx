import { Bot, Boxes, Circle, Database, Link2, type LucideIcon, MessageSquareText, Shield, Wrench } from 'lucide-react'
import type { SpanKind } from '../../../db/domain/span.ts'
import { Tooltip } from '../../components/tooltip.tsx'

type Look = { icon: LucideIcon; colour: string; word: string }

/** How each kind of span is drawn, in the tree, the waterfall and the panel. */
export const kindLooks: Record<SpanKind, Look> = {
  llm: { icon: MessageSquareText, colour: 'var(--chart-1)', word: 'model call' },
  tool: { icon: Wrench, colour: 'var(--chart-3)', word: 'tool call' },
  agent: { icon: Bot, colour: 'var(--chart-4)', word: 'agent' },
  chain: { icon: Link2, colour: 'var(--chart-6)', word: 'step' },
  retriever: { icon: Database, colour: 'var(--chart-5)', word: 'retrieval' },
  embedding: { icon: Boxes, colour: 'var(--chart-2)', word: 'embedding' },
  guardrail: { icon: Shield, colour: 'var(--chart-2)', word: 'guardrail' },
  other: { icon: Circle, colour: 'var(--chart-6)', word: 'span' },
}

export function KindIcon({ kind, size = 14 }: { kind: SpanKind; size?: number }) {
  const { icon: Icon, colour, word } = kindLooks[kind]
  return <Icon size={size} role="img" aria-label={word} className="shrink-0" style={{ color: colour }} />
}

export function KindMark({ kind }: { kind: SpanKind }) {
  return (
    <Tooltip text={kindLooks[kind].word}>
      <span className="inline-flex">
        <KindIcon kind={kind} size={16} />
      </span>
    </Tooltip>
  )
}
