/** Keys remembered in two generations: when the younger is full, the older is forgotten. Holds up to twice `limit`. */
export class SeenSpans {
  private young = new Set<string>()
  private old = new Set<string>()
  private readonly limit: number

  constructor(limit = 100_000) {
    this.limit = limit
  }

  has(key: string): boolean {
    return this.young.has(key) || this.old.has(key)
  }

  add(key: string) {
    this.young.add(key)
    if (this.young.size < this.limit) return
    this.old = this.young
    this.young = new Set()
  }
}
