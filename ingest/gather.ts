export type GatherLimits<Item> = {
  /** Calls at one time. */
  inFlight: number
  /** Calls that may follow each other at once; beyond them, one in so many milliseconds. */
  burst: number
  paceMs: number
  /** Whether an item may join those of a call. */
  fits(items: readonly Item[], next: Item): boolean
}

type Waiting<Item, Answer> = { item: Item; resolve(answer: Answer): void; reject(error: unknown): void }

/**
 * Gathers items that come at one time into larger calls, which cost less each item. Alone, an item goes at once; what
 * comes while calls are under way, or too soon after them, waits and goes with the next. The caller bounds what waits.
 */
export class Gather<Item, Answer> {
  private readonly call: (items: readonly Item[]) => Promise<Answer>
  private readonly limits: GatherLimits<Item>
  private waiting: Waiting<Item, Answer>[] = []
  private running = 0
  private credit: number
  private countedAt = performance.now()
  private timer: NodeJS.Timeout | undefined
  private idle: (() => void)[] = []

  constructor(call: (items: readonly Item[]) => Promise<Answer>, limits: GatherLimits<Item>) {
    this.call = call
    this.limits = limits
    this.credit = limits.burst
  }

  /** Resolves with the answer to the call that the item went with. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject })
      this.go()
    })
  }

  /** Resolves when nothing waits and nothing runs. */
  async drain(): Promise<void> {
    while (this.waiting.length > 0 || this.running > 0) await new Promise<void>(resolve => this.idle.push(resolve))
  }

  private go() {
    clearTimeout(this.timer)
    while (this.waiting.length > 0 && this.running < this.limits.inFlight) {
      const group = this.next()
      const pauseMs = group.length < this.waiting.length ? 0 : this.pauseMs()
      if (pauseMs > 0) {
        this.timer = setTimeout(() => this.go(), pauseMs)
        return
      }
      this.credit -= 1
      this.waiting.splice(0, group.length)
      void this.run(group)
    }
    if (this.running === 0 && this.waiting.length === 0) for (const resolve of this.idle.splice(0)) resolve()
  }

  /** As many as fit together, in the order they came; at least one. */
  private next(): Waiting<Item, Answer>[] {
    const items: Item[] = []
    for (const { item } of this.waiting) {
      if (items.length > 0 && !this.limits.fits(items, item)) break
      items.push(item)
    }
    return this.waiting.slice(0, items.length)
  }

  private pauseMs(): number {
    const { burst, paceMs } = this.limits
    const now = performance.now()
    this.credit = Math.min(burst, this.credit + (now - this.countedAt) / paceMs)
    this.countedAt = now
    return this.credit >= 1 ? 0 : Math.ceil((1 - this.credit) * paceMs)
  }

  private async run(group: readonly Waiting<Item, Answer>[]) {
    this.running += 1
    try {
      const answer = await this.call(group.map(({ item }) => item))
      for (const { resolve } of group) resolve(answer)
    } catch (error) {
      for (const { reject } of group) reject(error)
    } finally {
      this.running -= 1
      this.go()
    }
  }
}
