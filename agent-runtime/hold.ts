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

/** A run is to be served without a model, though nothing has failed. */
export class WithoutModel extends Error {}

/** AI was switched off for a run: its model calls end. */
export class AiOff extends WithoutModel {
  override name = 'AiOff'
}

/** A worker's hold on a run: aborted once, for the first reason. Its model calls may be stopped apart from it. */
export class Hold {
  private readonly controller = new AbortController()
  private readonly ai = new AbortController()
  /** Whether the run's graph is at work, and may call models. */
  callsModels = false

  get signal() {
    return this.controller.signal
  }

  /** Aborts, with an AiOff, when the run's model calls are to stop. */
  get aiOff() {
    return this.ai.signal
  }

  /** Whether there were any to stop. */
  switchOff(reason: string): boolean {
    const had = this.callsModels && !this.ai.signal.aborted
    this.ai.abort(new AiOff(reason))
    return had
  }

  get halted(): Halt | undefined {
    const { reason } = this.signal
    return reason instanceof Halt ? reason : undefined
  }

  halt(kind: HaltKind, cause: string) {
    if (!this.signal.aborted) this.controller.abort(new Halt(kind, cause))
  }
}
