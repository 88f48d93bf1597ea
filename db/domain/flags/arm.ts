import type { ArmSpec } from './flag.ts'

/** The arms of a workflow flag: what a person can switch between, and what a rule can serve. */
export const arms = ['off', 'control', 'canary'] as const
export type Arm = (typeof arms)[number]

/**
 * What a workflow flag's evaluation can say. `control` and `canary` are the two cohorts that are compared; who is served
 * the same outside of the comparison is told apart from them: `default` is served as control, `preview` as canary.
 */
export const workflowVariants = ['off', 'control', 'canary', 'default', 'preview'] as const
export type WorkflowVariant = (typeof workflowVariants)[number]

/** What a run was decided to be, for its life: what its arm runs, the flag's revision then, and the flags it has read. */
export type Pinned = ArmSpec & {
  revision?: number
  flags?: Record<string, { variant: string; value: unknown }>
}

/** One arm laid over another: what the upper one does not say, the lower one does; prompts and parameters one by one. */
export function layArms(lower: ArmSpec, upper: ArmSpec): ArmSpec {
  const prompts = { ...lower.prompts, ...upper.prompts }
  const params = { ...lower.params, ...upper.params }
  return {
    ...lower,
    ...upper,
    ...(Object.keys(prompts).length > 0 && { prompts }),
    ...(Object.keys(params).length > 0 && { params }),
  }
}
