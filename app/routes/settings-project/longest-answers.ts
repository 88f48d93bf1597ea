import type { CostOf } from '../../../db/costs.ts'
import { type Budgets, mostNanoUsd } from '../../../db/domain/budget.ts'
import { readModelName } from '../../../db/domain/model-name.ts'
import { answerRoom, sizeOf } from '../../../db/domain/model-size.ts'
import type { PricedUsage } from '../../../db/domain/pricing.ts'

/** What one longest answer of a model can cost, null where its price is not known, and how many a day's budgets cover. */
export type LongestAnswer = { model: string; tokens: number; nanoUsd: number | null; aDay: number | null }

/** Of each model, `provider/model`, that runs may call. What is asked comes on top of it, and is not known before. */
export function longestAnswers(models: readonly string[], costOf: CostOf, budgets: Budgets, at: Date): LongestAnswer[] {
  return [...new Set(models)].flatMap(name => {
    const read = readModelName(name)
    if ('fault' in read) return []
    const tokens = answerRoom(sizeOf(read.provider, read.model))
    const priced = (usage: PricedUsage) => costOf({ ...usage, ...read, at })?.nanoUsd
    const nanoUsd = mostNanoUsd(priced, { inputTokens: 0, outputTokens: tokens }) ?? null
    return { model: name, tokens, nanoUsd, aDay: timesADay(nanoUsd, budgets) }
  })
}

function timesADay(nanoUsd: number | null, { project, user }: Budgets): number | null {
  const given = [project, user].filter(budget => budget !== null)
  if (given.length === 0 || nanoUsd === 0) return null
  return nanoUsd === null ? 0 : Math.floor(Math.min(...given) / nanoUsd)
}
