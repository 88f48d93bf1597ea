/** Why an attempt must stop before its end. */
export type HaltKind = 'cancelled' | 'lost' | 'stopping'

export class Halt extends Error {
  override name = 'AbortError'
  readonly kind: HaltKind
  constructor(kind: HaltKind, cause: string) {
    super(`aborted: ${cause}`)
    this.kind = kind
  }
}

/** A worker's hold on a run: aborted once, for the first reason. */
export class Hold {
  private readonly controller = new AbortController()

  get signal() {
    return this.controller.signal
  }

  get halted(): Halt | undefined {
    const { reason } = this.signal
    return reason instanceof Halt ? reason : undefined
  }

  halt(kind: HaltKind, cause: string) {
    if (!this.signal.aborted) this.controller.abort(new Halt(kind, cause))
  }
}
