import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { Config } from '../../db/config.ts'
import { type Admitted, Breaker, type BreakerLimits, breakerLimits } from './breaker.ts'
import { declareModel, declareModels, isReachable, type Model } from './models.ts'
import { openModel } from './providers.ts'

/** No declared model answered; the deterministic path serves. */
export class ModelsUnavailable extends Error {
  override name = 'ModelsUnavailable'
  constructor(failures: string[]) {
    super(
      failures.length > 0
        ? `no model answered: ${failures.join('; ')}`
        : 'every model is failing and is left alone for now',
    )
  }
}

/** The models of this process in the order they are tried, and how they have been doing. */
export type Route = {
  models: Model[]
  /** The model's client; `capped`, one whose answers end where the room kept for them does. */
  open(model: Model, more?: { capped: boolean }): BaseChatModel
  /** Whether the model's breaker would let a call through. */
  isOpenFor(model: Model, now: number): boolean
  /** Lets a call through to the model, whose end is to be told; undefined when its breaker does not. */
  admit(model: Model, now: number): Admitted | undefined
  /** Why no model can serve now, or undefined when one can. */
  outage(now: number): string | undefined
  /** The same with this model first, which an arm names; without a name, as it is. */
  prefer(name: string | undefined): Route
}

/** Throws ModelError when a configured model is not pinned. */
export function openRoute(config: Config, limits: BreakerLimits = breakerLimits): Route {
  const { declared, usable } = declareModels(config)
  const clients = new Map<string, BaseChatModel>()
  const breakers = new Map<string, Breaker>()
  const breaker = (model: Model) => known(breakers, model.name, () => new Breaker(limits))

  const over = (models: Model[], missing?: string): Route => ({
    models,
    open: (model, { capped } = { capped: false }) =>
      known(clients, `${model.name} ${capped}`, () => openModel(model, config, { capped })),
    isOpenFor: (model, now) => breaker(model).state(now) !== 'open',
    admit: (model, now) => breaker(model).admit(now),
    outage(now) {
      if (missing) return missing
      const broken = models.every(model => breaker(model).state(now) === 'open')
      return broken ? `every model is failing: ${models.map(({ name }) => name).join(', ')}` : undefined
    },
    prefer(name) {
      if (name === undefined) return this
      const first = tryDeclare(name)
      // Another model in its place would make the arm a lie.
      if ('fault' in first) return over([], first.fault)
      if (!isReachable(first, config))
        return over([], `no key for ${first.provider} is configured: the arm asks for ${name}`)
      return over([first, ...usable.filter(model => model.name !== name)])
    },
  })
  const none = `no model key is configured for ${declared.map(({ name }) => name).join(', ')}`
  return over(usable, usable.length === 0 ? none : undefined)
}

function known<T>(kept: Map<string, T>, name: string, make: () => T): T {
  const made = kept.get(name) ?? make()
  kept.set(name, made)
  return made
}

function tryDeclare(name: string): Model | { fault: string } {
  try {
    return declareModel(name)
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

/** What is told of the attempts behind one logical call. */
export type CallObserver = {
  attempt(attempt: { callId: string; model: Model; number: number; admitted: Admitted }): Attempted
  fallback(change: { from: string; to: string; reason: string }): void
}
export type Attempted = {
  /** Text or a tool call came: from now on there is no second attempt. */
  token(): void
  done(): void
  failed(error: unknown): { beforeFirstToken: boolean }
}
