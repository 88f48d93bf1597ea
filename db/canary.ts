import type { Usual } from './canary-lines.ts'
import { type ArmStage, type CanaryData, type CanaryStage, type Measure, readArms } from './canary-sums.ts'
import type { ClickHouse } from './clickhouse.ts'
import type { NamedGuardrail } from './domain/guardrails.ts'
import { stageSentence } from './domain/stage-sentence.ts'
import type { EventSplit } from './domain/stats/e-process.ts'
import type { GuardrailData } from './domain/stats/guardrail.ts'
import { judgeParity, type Parity } from './domain/stats/parity.ts'
import { judgeSplit, type Split } from './domain/stats/split.ts'
import { decideStage, type StageDecision, type StagePlan } from './domain/stats/stage.ts'
import { addSums, complement, noUsers } from './domain/stats/sums.ts'
import { dayMs, hourMs } from './domain/time.ts'

export type CanaryQuestion = Omit<CanaryData, 'lines'> & {
  guardrails: readonly NamedGuardrail[]
  plan: StagePlan
  /** What was usual before it began: see `readUsual`. */
  usual?: Pick<Usual, 'lines' | 'guardrails'>
}

export type ArmTotals = { users: number; traces: number; deterministic: number; crossed: number }

export type CanaryComparison = {
  decision: StageDecision
  /** The decision in a sentence for people. */
  sentence: string
  split: Split
  parity: Parity
  arms: { canary: ArmTotals; control: ArmTotals }
  /** New users of both arms a day, as the present stage brings them. */
  usersADay: number
}

/** Both arms of a canary side by side, and what to do with its present stage. */
export async function compareArms(clickhouse: ClickHouse, question: CanaryQuestion): Promise<CanaryComparison> {
  const { guardrails, usual } = question
  const measures: Measure[] = [...guardrails.map(({ id }) => id), 'feedback_response_rate']
  const rows = await readArms(clickhouse, { ...question, lines: usual?.lines }, measures)
  return judgeArms(question, rows)
}

/** The same from what was read: pure. */
export function judgeArms(question: CanaryQuestion, rows: readonly ArmStage[]): CanaryComparison {
  const { stages, guardrails, plan, usual, now } = question
  const stage = stages.at(-1)
  const split = judgeSplit(stages.map((each, at) => ({ ...enrolled(rows, at), share: shareOf(each) })))
  const parity = parityOf(rows, stages)
  const usersADay = arrivals(rows, stages, now)
  const decision = decideStage({
    guardrails: guardrails.map(guardrail => ({
      guardrail,
      data: { ...dataOf(guardrail, rows, stages), usual: usual?.guardrails[guardrail.id]?.value },
    })),
    split,
    parity,
    plan,
    enteredAt: stage?.since ?? now,
    now,
    usersADay,
  })
  const arms = { canary: totals(rows, 'canary'), control: totals(rows, 'control') }
  return { decision, sentence: stageSentence({ decision, split, parity, now }), split, parity, arms, usersADay }
}

type Rows = readonly ArmStage[]
type Arm = ArmStage['arm']

/** The canary's part of those that a stage deals to the two arms. */
const shareOf = ({ canaryShare, controlShare }: CanaryStage): number => {
  const both = canaryShare + controlShare
  return both > 0 ? canaryShare / both : 0
}

const of = (rows: Rows, arm: Arm, stage?: number) =>
  rows.filter(row => row.arm === arm && (stage === undefined || row.stage === stage))
const sum = (rows: Rows, value: (row: ArmStage) => number) => rows.reduce((total, row) => total + value(row), 0)

const enrolled = (rows: Rows, stage: number) => ({
  canary: sum(of(rows, 'canary', stage), ({ users }) => users),
  control: sum(of(rows, 'control', stage), ({ users }) => users),
})

const totals = (rows: Rows, arm: Arm): ArmTotals => ({
  users: sum(of(rows, arm), ({ users }) => users),
  traces: sum(of(rows, arm), ({ traces }) => traces),
  deterministic: sum(of(rows, arm), ({ deterministic }) => deterministic),
  crossed: sum(of(rows, arm), ({ crossed }) => crossed),
})

/**
 * A guardrail's sums and events. Users whom a stage without a concurrent control enrolled are left out: nobody of their
 * time stands beside them.
 */
function dataOf(guardrail: NamedGuardrail, rows: Rows, stages: readonly CanaryStage[]): GuardrailData {
  const { id, scale } = guardrail
  const paired = rows.filter(({ stage }) => (stages[stage]?.controlShare ?? 0) > 0)
  const isComplement = id === 'task_completion_rate'
  const arm = (which: Arm) => {
    const sums = of(paired, which).reduce((total, row) => addSums(total, row.sums[id] ?? noUsers), noUsers)
    return isComplement ? complement(sums) : sums
  }
  const events = (row: ArmStage) => (isComplement ? row.sums[id]?.rest : row.sums[id]?.some) ?? 0
  const data = { canary: arm('canary'), control: arm('control') }
  return scale === 'share' ? { ...data, splits: splitsOf(paired, stages, events) } : data
}

const splitsOf = (rows: Rows, stages: readonly CanaryStage[], events: (row: ArmStage) => number): EventSplit[] =>
  stages.map((stage, at) => {
    const inCanary = sum(of(rows, 'canary', at), events)
    return { events: inCanary + sum(of(rows, 'control', at), events), inCanary, share: shareOf(stage) }
  })

function parityOf(rows: Rows, stages: readonly CanaryStage[]): Parity {
  const answered = (row: ArmStage) => row.sums.feedback_response_rate?.some ?? 0
  const arm = (which: Arm) => ({
    users: sum(of(rows, which), row => row.sums.feedback_response_rate?.users ?? 0),
    answered: sum(of(rows, which), answered),
  })
  return judgeParity({
    canary: arm('canary'),
    control: arm('control'),
    answers: splitsOf(rows, stages, answered),
  })
}

/** A stage's first hours say little about a day: until then it is told from the stage before, by their shares. */
function arrivals(rows: Rows, stages: readonly CanaryStage[], now: Date): number {
  const rate = (at: number, until: Date) => {
    const { canary, control } = enrolled(rows, at)
    const days = (until.getTime() - (stages[at]?.since.getTime() ?? 0)) / dayMs
    return days > 0 ? (canary + control) / days : 0
  }
  const last = stages.length - 1
  const present = stages[last]
  if (!present) return 0
  const before = stages[last - 1]
  if (!before || now.getTime() - present.since.getTime() >= 6 * hourMs) return rate(last, now)
  const width = ({ canaryShare, controlShare }: CanaryStage) => canaryShare + controlShare
  return width(before) > 0 ? (rate(last - 1, present.since) * width(present)) / width(before) : rate(last, now)
}
