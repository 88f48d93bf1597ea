import type { GuardrailId } from '../../../db/domain/guardrails.ts'
import { metricById } from '../../../db/domain/metrics.ts'
import { type TraceFilters, writeFilters } from '../../../db/domain/trace-filters.ts'
import { ForestPlot } from '../../components/forest-plot.tsx'
import { Panel } from '../../components/page.tsx'
import type { ComparedView } from '../flag-comparison/read-comparison.server.ts'
import type { FlagView } from './read-flag.server.ts'

/** What the canary must not make worse, a row each. */
export function Guardrails({ view, compared }: { view: FlagView; compared: ComparedView }) {
  const { guardrails, held, untrusted } = compared
  return (
    <Panel
      title="Guardrails"
      lead="How much worse the canary is than its control. The intervals hold however often they are looked at; the dashed line is what is tolerated."
      flush
    >
      <ForestPlot
        rows={held.flatMap(guardrail => {
          const reading = guardrails.find(({ id }) => id === guardrail.id)
          const to = {
            canary: tracesOf(view, compared, 'canary', behind(guardrail.id)),
            control: tracesOf(view, compared, 'control', behind(guardrail.id)),
          }
          return reading ? [{ guardrail, reading, untrusted, to }] : []
        })}
      />
    </Panel>
  )
}

/** The traces that a guardrail counts. */
function behind(id: GuardrailId): TraceFilters {
  if (id === 'task_completion_rate') return { completed: ['no'] }
  return id === 'latency_tail' ? {} : metricById(id).opens.numerator
}

/** The traces of an arm while it was compared. */
export function tracesOf(
  { projectId, key }: Pick<FlagView, 'projectId' | 'key'>,
  { window }: Pick<ComparedView, 'window'>,
  arm: 'canary' | 'control',
  filters: TraceFilters = {},
): string {
  const range = new URLSearchParams({ from: window.from.toISOString(), to: window.to.toISOString() })
  const all = { serving: ['ai'], ...filters, variant: [`${key}=${arm}`] }
  return `/p/${projectId}/traces?${writeFilters(range, all)}`
}
