import { z } from 'zod'
import { buckets } from './hash.ts'

const stage = z.strictObject({
  /** Of the canary while it lasts, in steps of 0.01 %. */
  share: z.int().min(1).max(buckets),
  /** How long it lasts at least. */
  hours: z
    .number()
    .min(0)
    .max(24 * 90),
})
export type Stage = z.infer<typeof stage>

export const rampStates = ['ready', 'running', 'paused', 'done', 'rolled back'] as const

/** A canary's way to everyone: stages of growing share, and where on it the flag stands. */
export const ramp = z
  .strictObject({
    stages: z.array(stage).min(1, 'must hold a stage').max(20),
    state: z.enum(rampStates).default('ready'),
    /** The stage it is in, from 0. */
    at: z.int().min(0).default(0),
    /** When that stage began. */
    since: z.iso.datetime({ offset: true }).optional(),
    /** Why it stands still. */
    because: z.string().max(1000).optional(),
  })
  .refine(({ stages, at }) => at < stages.length, { path: ['at'], message: 'must be one of the stages' })
  .refine(({ stages }) => stages.every(({ share }, at) => at === 0 || share > (stages[at - 1]?.share ?? 0)), {
    path: ['stages'],
    message: 'must grow from stage to stage',
  })
export type Ramp = z.infer<typeof ramp>

/** 1 -> 5 -> 25 -> 50 -> 100 %, a day each but the first. */
export const usualStages: Stage[] = [
  { share: 100, hours: 4 },
  { share: 500, hours: 24 },
  { share: 2500, hours: 24 },
  { share: 5000, hours: 24 },
  { share: 10_000, hours: 24 },
]
