import { layArms } from './arm.ts'
import type { WorkflowFlag } from './flag.ts'
import type { Ramp, Stage } from './ramp.ts'

/** A stage of a running ramp, put to those who judge it. */
export type StageInQuestion = {
  projectId: string
  flag: WorkflowFlag
  stage: Stage
  /** When the stage, and the whole comparison, began. */
  since: Date
  comparedSince: Date
  now: Date
}

/** What is to become of a stage, why, and by which numbers. The reason is a sentence for people. */
export type StageVerdict = {
  verdict: 'promote' | 'hold' | 'roll back'
  reason: string
  numbers?: Record<string, unknown>
}

/** Judges a stage by what was measured. It may read; it changes nothing. */
export type DecideStage = (question: StageInQuestion) => Promise<StageVerdict>

/** What the flag becomes by a verdict; undefined when it stays as it is. */
export function rampStep(flag: WorkflowFlag, { verdict, reason }: StageVerdict, now: Date): WorkflowFlag | undefined {
  const { ramp } = flag
  if (ramp?.state !== 'running') return undefined
  if (verdict === 'roll back')
    return { ...flag, state: 'control', ramp: { ...ramp, state: 'rolled back', because: reason } }
  if (verdict === 'hold' || leftOf(ramp, now) > 0) return undefined
  const next = ramp.stages[ramp.at + 1]
  if (!next) return { ...flag, ramp: { ...ramp, state: 'done', because: reason } }
  return { ...flag, share: next.share, ramp: { ...ramp, at: ramp.at + 1, since: now.toISOString(), because: reason } }
}

/** Milliseconds that the present stage must still last; 0 when it has lasted long enough. */
export function leftOf({ stages, at, since }: Ramp, now: Date): number {
  const hours = stages[at]?.hours ?? 0
  const began = since ? Date.parse(since) : now.getTime()
  return Math.max(0, began + hours * 3_600_000 - now.getTime())
}

/** Starts a ramp, or lets a paused one go on, at its stage: the canary is on with that stage's share from now on. */
export function startRamp(flag: WorkflowFlag, now: Date): WorkflowFlag {
  const { ramp } = flag
  const stage = ramp?.stages[ramp.at]
  if (!ramp || !stage) return flag
  const { because: _, ...rest } = ramp
  return { ...flag, state: 'canary', share: stage.share, ramp: { ...rest, state: 'running', since: now.toISOString() } }
}

export function pauseRamp(flag: WorkflowFlag, because: string): WorkflowFlag {
  return flag.ramp ? { ...flag, ramp: { ...flag.ramp, state: 'paused', because } } : flag
}

/** The canary proved good: what it runs becomes the control, for everyone. */
export function adoptCanary(flag: WorkflowFlag): WorkflowFlag {
  const { ramp: _, ...rest } = flag
  return { ...rest, state: 'control', share: 100, control: layArms(flag.control, flag.canary), canary: {} }
}
