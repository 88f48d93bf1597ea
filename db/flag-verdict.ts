import type { WorkflowFlag } from './domain/flags/flag.ts'
import { leftOf, type StageVerdict } from './domain/flags/ramp-step.ts'
import { quantity, whole } from './domain/format.ts'
import { guardrailWords } from './domain/guardrail-words.ts'
import { type GuardrailId, guardrailById } from './domain/guardrails.ts'
import type { RampNumbers } from './domain/ramp-told.ts'
import { stageReason } from './domain/stage-sentence.ts'
import type { FlagComparison } from './flag-comparison.ts'

/** What a comparison says about the flag's present stage, with its numbers. Pure. */
export function verdictOf(flag: WorkflowFlag, comparison: FlagComparison, now: Date): StageVerdict {
  const { decision, split, parity, blown, uncontrolledSince, window, arms } = comparison
  const numbers = numbersOf(flag, comparison)
  if (blown.length > 0) {
    const blew = blown.map(({ id, canary }) => {
      const { label, unit } = guardrailById(id as GuardrailId)
      return `${label} ${quantity(canary, unit)}`
    })
    const reason = `the fuse blew while the canary served everyone: ${blew.join(' and ')}`
    return { verdict: 'roll back', reason, numbers: { ...numbers, about: blown.map(({ id }) => id) } }
  }
  const reason = stageReason({ decision, split, parity, now: window.to })
  if (decision.action === 'rollback') return { verdict: 'roll back', reason, numbers }
  for (const arm of ['canary', 'control'] as const) {
    const { traces, deterministic } = arms[arm]
    if (traces > 0 && traces === deterministic) return { verdict: 'hold', reason: unserved(arm, traces), numbers }
  }
  if (decision.action === 'hold') return { verdict: 'hold', reason, numbers }
  const left = flag.ramp?.state === 'running' ? leftOf(flag.ramp, now) : 0
  if (left > 0 && uncontrolledSince)
    return { verdict: 'hold', reason: 'it serves everyone, and has not done so for long enough', numbers }
  return { verdict: left > 0 ? 'hold' : 'promote', reason, numbers }
}

const unserved = (arm: string, traces: number) =>
  `no model has served the ${arm}: the deterministic path answered all of its ${whole(traces)} traces`

function numbersOf({ share }: WorkflowFlag, { decision, split, parity }: FlagComparison): RampNumbers {
  return {
    share,
    users: { canary: split.canary, control: split.control },
    about: decision.about,
    guardrails: decision.guardrails.map(reading => {
      const { id, label, unit } = guardrailById(reading.id as GuardrailId)
      const { low = null, high = null } = reading.harm ?? {}
      const { words: verdict } = guardrailWords(reading, decision.untrusted)
      return { id, label, unit, control: reading.control.value, canary: reading.canary.value, low, high, verdict }
    }),
    // JSON knows no infinity.
    split: {
      ...{ state: split.state, part: split.share, expected: split.expected, p: split.p },
      e: Math.min(split.e, Number.MAX_VALUE),
    },
    feedback: { state: parity.state, canary: parity.canary, control: parity.control },
  }
}
