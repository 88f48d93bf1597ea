/** Tells whether more than so many a second come, for longer than a burst of so many. */
export class LoadGauge {
  private readonly perSecond: number
  private readonly burst: number
  private level = 0
  private countedAt = performance.now()

  constructor({ perSecond, burst }: { perSecond: number; burst: number }) {
    this.perSecond = perSecond
    this.burst = burst
  }

  /** Counts what comes. */
  add(count: number) {
    const now = performance.now()
    const gone = ((now - this.countedAt) / 1_000) * this.perSecond
    // What is beyond two bursts counts no more: when the load is over, that is soon known.
    this.level = Math.min(Math.max(0, this.level - gone) + count, 2 * this.burst)
    this.countedAt = now
  }

  get isHigh(): boolean {
    return this.level > this.burst
  }
}
