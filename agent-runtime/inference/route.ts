import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { Config } from '../../db/config.ts'
import { Breaker, type BreakerLimits, breakerLimits } from './breaker.ts'
import { declareModels, type Model } from './models.ts'
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
  open(model: Model): BaseChatModel
  /** Whether the model's breaker would let a call through. */
  isOpenFor(model: Model, now: number): boolean
  admit(model: Model, now: number): boolean
  record(model: Model, now: number, call: { ok: boolean; ttftMs?: number }): void
  release(model: Model): void
  /** Why no model can serve now, or undefined when one can. */
  outage(now: number): string | undefined
}

/** Throws ModelError when a configured model is not pinned. */
export function openRoute(config: Config, limits: BreakerLimits = breakerLimits): Route {
  const { declared, usable } = declareModels(config)
  const clients = new Map(usable.map(model => [model.name, openModel(model, config)]))
  const breakers = new Map(usable.map(model => [model.name, new Breaker(limits)]))
  const breaker = (model: Model) => breakers.get(model.name) ?? new Breaker(limits)
  return {
    models: usable,
    open: model => clients.get(model.name) ?? openModel(model, config),
    isOpenFor: (model, now) => breaker(model).state(now) !== 'open',
    admit: (model, now) => breaker(model).admit(now),
    record: (model, now, call) => breaker(model).record(now, call),
    release: model => breaker(model).release(),
    outage(now) {
      if (usable.length === 0) return `no model key is configured for ${declared.map(({ name }) => name).join(', ')}`
      const broken = usable.every(model => breaker(model).state(now) === 'open')
      return broken ? `every model is failing: ${usable.map(({ name }) => name).join(', ')}` : undefined
    },
  }
}

/** What is told of the attempts behind one logical call. */
export type CallObserver = {
  attempt(attempt: { callId: string; model: Model; number: number }): Attempted
  fallback(change: { from: string; to: string; reason: string }): void
}
export type Attempted = {
  /** Text or a tool call came: from now on there is no second attempt. */
  token(): void
  done(): void
  failed(error: unknown): { beforeFirstToken: boolean }
}
