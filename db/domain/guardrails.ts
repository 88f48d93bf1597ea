import { z } from 'zod'
import type { MetricUnit } from './metrics.ts'
import type { Guardrail } from './stats/guardrail.ts'

/** A guardrail with the words for people: what its value is called and measured in. */
export type NamedGuardrail = Guardrail & { id: GuardrailId; label: string; plural?: true; unit: MetricUnit }

export const guardrailIds = [
  'negative_feedback_rate',
  'task_completion_rate',
  'tool_failure_rate',
  'error_rate',
  'latency',
  'latency_tail',
  'ttft',
  'cost_per_session',
  'action_rate',
] as const
export type GuardrailId = (typeof guardrailIds)[number]

const share = { scale: 'share', worse: 'up', unit: 'share', tolerance: 0.25, margin: 0, floor: 0.005 } as const

/** What a canary can be held to, with the lines that are drawn unless a flag says otherwise. */
export const guardrails: readonly NamedGuardrail[] = [
  { ...share, id: 'negative_feedback_rate', label: 'Negative feedback', restsOnFeedback: true },
  { ...share, id: 'task_completion_rate', label: 'Tasks not completed', plural: true },
  { ...share, id: 'tool_failure_rate', label: 'Tool failures', plural: true },
  {
    ...share,
    id: 'error_rate',
    label: 'Errors',
    plural: true,
    fuse: { factor: 5, atLeast: 0.3, minUsers: 6, ceiling: 0.5 },
  },
  {
    id: 'latency',
    label: 'Latency',
    unit: 'ms',
    scale: 'log',
    worse: 'up',
    tolerance: 0.15,
    margin: 0,
    fuse: { factor: 3, atLeast: 1000, minUsers: 10, ceiling: 120_000 },
  },
  { ...share, id: 'latency_tail', label: 'Slow answers', plural: true },
  { id: 'ttft', label: 'Time to first token', unit: 'ms', scale: 'log', worse: 'up', tolerance: 0.15, margin: 0 },
  {
    id: 'cost_per_session',
    label: 'Cost per session',
    unit: 'usd',
    scale: 'ratio',
    worse: 'up',
    tolerance: 0.2,
    margin: 0,
    fuse: { factor: 3, atLeast: 0.001, minUsers: 10 },
  },
  { ...share, id: 'action_rate', label: 'Actions', plural: true, worse: 'down' },
]

export const guardrailById = (id: GuardrailId): NamedGuardrail => guardrails.find(each => each.id === id)!

/** Those a canary is held to unless its flag names others. */
export const defaultGuardrails = [
  'negative_feedback_rate',
  'task_completion_rate',
  'error_rate',
  'latency',
  'cost_per_session',
] as const satisfies readonly GuardrailId[]

const chosen = z.strictObject({
  /** Instead of the guardrail's own: 0.1 is 10 % worse. */
  tolerance: z.number().min(0.01, 'must be at least 1 %').max(1, 'must be at most 100 %').optional(),
})
/** Which guardrails a canary is held to. */
export const guardrailChoice = z
  .partialRecord(z.enum(guardrailIds), chosen)
  .refine(choice => Object.keys(choice).length > 0, 'must name a guardrail')
export type GuardrailChoice = z.infer<typeof guardrailChoice>

export const usualChoice: GuardrailChoice = Object.fromEntries(defaultGuardrails.map(id => [id, {}]))

/** The guardrails of a choice, with what each tolerates. */
export const heldTo = (choice: GuardrailChoice): NamedGuardrail[] =>
  guardrails.flatMap(guardrail => {
    const own = choice[guardrail.id]
    return own ? [{ ...guardrail, tolerance: own.tolerance ?? guardrail.tolerance }] : []
  })
