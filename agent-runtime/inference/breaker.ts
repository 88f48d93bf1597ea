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

/** Keeps calls away from a model that fails or drags; after a while lets a single probe through to see. */
export class Breaker {
  private calls: { at: number; ok: boolean; ttftMs: number }[] = []
  private openedAt: number | undefined
  private probing = false
  private readonly limits: BreakerLimits

  constructor(limits: BreakerLimits = breakerLimits) {
    this.limits = limits
  }

  state(now: number): BreakerState {
    if (this.openedAt === undefined) return 'closed'
    return now - this.openedAt < this.limits.openMs || this.probing ? 'open' : 'half-open'
  }

  /** Whether a call may be made now; it must be followed by `record`. A half-open breaker admits one. */
  admit(now: number): boolean {
    const state = this.state(now)
    if (state === 'half-open') this.probing = true
    return state !== 'open'
  }

  /** What came of an admitted call; `ttftMs` is its time to the first token. */
  record(now: number, { ok, ttftMs = 0 }: { ok: boolean; ttftMs?: number }) {
    if (this.probing) {
      this.probing = false
      this.calls = []
      this.openedAt = ok && ttftMs <= this.limits.slowMs ? undefined : now
      return
    }
    this.calls = [...this.calls.filter(({ at }) => now - at < this.limits.windowMs), { at: now, ok, ttftMs }]
    if (this.openedAt === undefined && this.isBroken()) this.openedAt = now
  }

  /** An admitted call that ended for a reason of ours says nothing about the model. */
  release() {
    this.probing = false
  }

  private isBroken() {
    const { least, failed, slowMs } = this.limits
    if (this.calls.length < least) return false
    const bad = this.calls.filter(call => !call.ok).length
    const slow = this.calls.filter(call => call.ok && call.ttftMs > slowMs).length
    return bad / this.calls.length >= failed || (bad + slow) / this.calls.length > 0.5
  }
}
