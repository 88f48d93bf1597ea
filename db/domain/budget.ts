import type { PricedUsage } from './pricing.ts'

/** What the runs of a project, and those of one of its users, may spend on models in a UTC day; 1e-9 US dollars. */
export type Budgets = { project: number | null; user: number | null }

/** Amounts of a project's day; the user's is 0 for a run without a user. */
export type Spent = { project: number; user: number }

/** Above it amounts would no longer be whole numbers of 1e-9 dollars in every place that adds them up. */
export const largestBudgetUsd = 1_000_000
export const smallestBudgetUsd = 0.0001

type Settings = { budgetUsdPerDay: number | null; userBudgetUsdPerDay: number | null }

export const allBudgets = ({ budgetUsdPerDay, userBudgetUsdPerDay }: Settings): Budgets => ({
  project: nanoUsdOf(budgetUsdPerDay),
  user: nanoUsdOf(userBudgetUsdPerDay),
})

/** The budgets that a project's settings give for a run, or undefined where there is none; a user's needs a user. */
export function budgetsOf(settings: Settings, userId: string | null): Budgets | undefined {
  const { project, user: each } = allBudgets(settings)
  const user = userId === null ? null : each
  return project === null && user === null ? undefined : { project, user }
}

const nanoUsdOf = (usd: number | null) => (usd === null ? null : Math.round(usd * 1e9))

/** Which budget has no room for an amount beside what counts already; undefined when both have. */
export function budgetWithoutRoom(budgets: Budgets, spent: Spent, nanoUsd: number): 'project' | 'user' | undefined {
  if (budgets.project !== null && spent.project + nanoUsd > budgets.project) return 'project'
  if (budgets.user !== null && spent.user + nanoUsd > budgets.user) return 'user'
  return undefined
}

type Tokens = { inputTokens: number; outputTokens: number }

/**
 * The most that a call can cost, in 1e-9 US dollars; undefined where its price is not known. Which tokens will be written
 * to a cache or be reasoning is not known before, so each way in which one price could hold for all of them is counted.
 */
export function mostNanoUsd(
  costOf: (usage: PricedUsage) => bigint | undefined,
  { inputTokens, outputTokens }: Tokens,
): number | undefined {
  const caches = { cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 }
  const plain = { inputTokens, outputTokens, ...caches, reasoningTokens: 0, inputAudioTokens: 0, outputAudioTokens: 0 }
  const ways = [
    plain,
    { ...plain, cacheWriteTokens: inputTokens },
    { ...plain, reasoningTokens: outputTokens },
    { ...plain, cacheWriteTokens: inputTokens, reasoningTokens: outputTokens },
  ]
  const costs = ways.map(usage => costOf(usage))
  return costs.some(cost => cost === undefined) ? undefined : Math.max(...costs.map(Number))
}
