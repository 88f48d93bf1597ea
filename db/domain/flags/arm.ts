import type { ArmSpec } from './flag.ts'

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
