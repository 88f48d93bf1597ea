import { readSpent, reserveSpend, settleSpend } from '../../db/budgets.ts'
import type { CostOf, Prices } from '../../db/costs.ts'
import { type Budgets, budgetsOf, budgetWithoutRoom, mostNanoUsd } from '../../db/domain/budget.ts'
import { answerRoom } from '../../db/domain/model-size.ts'
import type { PricedUsage } from '../../db/domain/pricing.ts'
import type { NewRunEvent } from '../../db/domain/run.ts'
import { readSettings } from '../../db/projects.ts'
import type { Run } from '../../db/runs.ts'
import type { Services } from '../../db/services.ts'
import { WithoutModel } from '../hold.ts'
import { CallUsage } from './call-usage.ts'
import type { Model } from './models.ts'
import type { Route } from './route.ts'

/** A call was not sent, as a budget has no room for the most that it can cost, or as that is not known. */
export class OverBudget extends WithoutModel {
  override name = 'OverBudget'
}

/** A call that may be sent: what comes of it is noted in `usage`. */
export type Reserved = {
  usage: CallUsage
  /** Counts what the call cost; `fault` is why it did not end by itself. Does not throw. */
  settle(fault?: unknown): Promise<void>
}

export type RunBudget = {
  /** Reserves the most that a call can cost; undefined where there is no budget. Throws OverBudget, which is told. */
  reserve(call: { model: Model; inputTokens: number }): Promise<Reserved | undefined>
  /** Why even the smallest call of a route's next model would be refused now; not told. */
  foresee(route: Pick<Route, 'models' | 'isOpenFor'>): Promise<OverBudget | undefined>
  /** Tells of a refusal, the first one of the attempt. */
  tell(refusal: OverBudget): void
}

type Opening = {
  services: Pick<Services, 'postgres' | 'log'>
  prices: Prices
  run: Pick<Run, 'id' | 'projectId' | 'userId'>
  emit(event: NewRunEvent): void
}

/** The budgets that a run's calls count against: read from the project's settings at the first call, for the attempt. */
export function openBudget({ services: { postgres, log }, prices, run, emit }: Opening): RunBudget {
  const { projectId, userId } = run
  let reading: Promise<Budgets | undefined> | undefined
  let told = false

  const read = () => {
    reading ??= readSettings(postgres, projectId).then(settings => budgetsOf(settings, userId))
    return reading
  }

  /** Both the price and the most that the call can cost are those of the moment it is made. */
  async function measure(model: Model, inputTokens: number) {
    const costOf = priceOf(await prices.of(projectId), model, new Date())
    return { costOf, most: mostNanoUsd(costOf, { inputTokens, outputTokens: answerRoom(model) }) }
  }

  function tell(refusal: OverBudget) {
    if (told) return
    told = true
    const { message } = refusal
    log.info('a budget refused a model call', { run: run.id, project: projectId, reason: message })
    emit({ type: 'warning', data: { code: 'budget', message } })
  }

  function refuse(model: Model, because: Because): never {
    const refusal = refusalOf(model, because)
    tell(refusal)
    throw refusal
  }

  return {
    tell,

    async reserve({ model, inputTokens }) {
      const budgets = await read()
      if (!budgets) return undefined
      const { costOf, most } = await measure(model, inputTokens)
      if (most === undefined) return refuse(model, 'unpriced')
      const usage = new CallUsage(inputTokens)
      // What costs nothing has room in any budget.
      if (most === 0) return { usage, settle: async () => {} }
      const reserved = await reserveSpend(postgres, { projectId, userId }, { budgets, nanoUsd: most })
      if ('refused' in reserved) return refuse(model, reserved.refused)
      return {
        usage,
        async settle(fault) {
          const used = usage.total(fault)
          const cost = used ? (costOf(used, usage.answeredBy) ?? most) : 0
          await settleSpend(postgres, reserved.id, Number(cost)).catch(error =>
            log.warn('a model call stays counted at the most it can cost', { run: run.id, error }),
          )
        },
      }
    },

    async foresee(route) {
      const budgets = await read()
      const next = route.models.find(model => route.isOpenFor(model, Date.now()))
      if (!budgets || !next) return undefined
      const { most } = await measure(next, 0)
      if (most === undefined) return refusalOf(next, 'unpriced')
      if (most === 0) return undefined
      const full = budgetWithoutRoom(budgets, await readSpent(postgres, { projectId, userId }), most)
      return full && refusalOf(next, full)
    },
  }
}

/** As traces price calls: by the model that answered where it has a price, else by the one that was asked. */
const priceOf =
  (costOf: CostOf, { provider, model }: Model, at: Date) =>
  (usage: PricedUsage, answeredBy = model) =>
    (costOf({ ...usage, provider, model: answeredBy, at }) ?? costOf({ ...usage, provider, model, at }))?.nanoUsd

type Because = 'project' | 'user' | 'unpriced'
const refusalOf = ({ name }: Model, because: Because) => new OverBudget(sentences[because](name))

// Amounts stay out of what a run tells: whoever reads its stream may be anyone.
const sentences: Record<Because, (model: string) => string> = {
  project: model => `budget: what is left today for this project does not cover the most a call of ${model} can cost`,
  user: model => `budget: what is left today for this user does not cover the most a call of ${model} can cost`,
  unpriced: model =>
    `budget: the price of ${model} is not known, so its calls cannot be counted: add it in Settings, Prices`,
}
