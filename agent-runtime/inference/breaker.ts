export type BreakerLimits = {
  windowMs: number
  /** Calls in the window below which it never opens. */
  least: number
  /** Share of failed calls at which it opens. */
  failed: number
  /** Half of the calls slower than this to the first token: degraded, which counts as broken. */
  slowMs: number
  /** How long it stays open before one probe is let through. */
  openMs: number
}

export const breakerLimits: BreakerLimits = { windowMs: 60_000, least: 5, failed: 0.5, slowMs: 20_000, openMs: 30_000 }

export type BreakerState = 'closed' | 'open' | 'half-open'

/** A call that was let through: one of these is to be said of it, once it has ended. */
export type Admitted = {
  /** What came of it; `ttftMs` is its time to the first token. */
  record(now: number, call: { ok: boolean; ttftMs?: number }): void
  /** It ended for a reason of ours, which says nothing about the model. */
  release(): void
}

/** Keeps calls away from a model that fails or drags; after a while lets a single probe through to see. */
export class Breaker {
  private calls: { at: number; ok: boolean; ttftMs: number }[] = []
  private openedAt: number | undefined
  private probing = false
  /** Counts how often it opened or closed: a call that began before it last did says nothing about the model now. */
  private turns = 0
  private readonly limits: BreakerLimits

  constructor(limits: BreakerLimits = breakerLimits) {
    this.limits = limits
  }

  state(now: number): BreakerState {
    if (this.openedAt === undefined) return 'closed'
    return now - this.openedAt < this.limits.openMs || this.probing ? 'open' : 'half-open'
  }

  /** Lets a call through, or not: undefined. A half-open breaker admits one. */
  admit(now: number): Admitted | undefined {
    const state = this.state(now)
    if (state === 'open') return undefined
    const isProbe = state === 'half-open'
    if (isProbe) this.probing = true
    const { turns } = this
    return {
      record: (at, call) => {
        if (turns === this.turns) this.record(at, call, isProbe)
      },
      release: () => {
        if (isProbe && turns === this.turns) this.probing = false
      },
    }
  }

  private record(now: number, { ok, ttftMs = 0 }: { ok: boolean; ttftMs?: number }, isProbe: boolean) {
    if (isProbe) return this.turn(ok && ttftMs <= this.limits.slowMs ? undefined : now)
    this.calls = [...this.calls.filter(({ at }) => now - at < this.limits.windowMs), { at: now, ok, ttftMs }]
    if (this.isBroken()) this.turn(now)
  }

  private turn(openedAt: number | undefined) {
    this.openedAt = openedAt
    this.calls = []
    this.probing = false
    this.turns++
  }

  private isBroken() {
    const { least, failed, slowMs } = this.limits
    if (this.calls.length < least) return false
    const bad = this.calls.filter(call => !call.ok).length
    const slow = this.calls.filter(call => call.ok && call.ttftMs > slowMs).length
    return bad / this.calls.length >= failed || (bad + slow) / this.calls.length > 0.5
  }
}
