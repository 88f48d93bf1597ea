/** Bytes of requests that may be held at one time: what is over it is refused, so memory is bounded. */
export class ByteBudget {
  private free: number

  constructor(limit: number) {
    this.free = limit
  }

  /** A share that grows with `take` (false when the budget is spent), shrinks with `give` and is given back whole. */
  share(): { take(bytes: number): boolean; give(bytes: number): void; release(): void } {
    let held = 0
    return {
      take: bytes => {
        if (bytes > this.free) return false
        this.free -= bytes
        held += bytes
        return true
      },
      give: bytes => {
        this.free += bytes
        held -= bytes
      },
      release: () => {
        this.free += held
        held = 0
      },
    }
  }
}
