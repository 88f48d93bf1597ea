const leastBytes = 1 << 16

/**
 * Large buffers that are used again. Their memory is outside of JavaScript's heap: each time so much of it as a full
 * second's requests take is freed and allocated anew, the garbage collector goes through all of the heap.
 */
export class BufferPool {
  private readonly limit: number
  private readonly idleMs: number
  private readonly free = new Map<number, Buffer[]>()
  private bytes = 0
  private timer: NodeJS.Timeout | undefined

  /** Keeps up to `limit` bytes, until none was taken for `idleMs`. */
  constructor({ limit = 128 << 20, idleMs = 10_000 } = {}) {
    this.limit = limit
    this.idleMs = idleMs
  }

  /** A buffer of at least `size` bytes, with anything in it. */
  take(size: number): Buffer {
    const whole = wholeSize(size)
    const found = this.free.get(whole)?.pop()
    if (!found) return Buffer.allocUnsafeSlow(whole)
    this.bytes -= whole
    return found
  }

  /** Takes back a buffer, or a part of it from its start, which nobody reads or writes any more. */
  give(part: Buffer) {
    const size = part.buffer.byteLength
    if (size !== wholeSize(size) || this.bytes + size > this.limit) return
    const others = this.free.get(size) ?? []
    this.free.set(size, others)
    others.push(Buffer.from(part.buffer, 0, size))
    this.bytes += size
    this.timer ??= setTimeout(() => this.forget(), this.idleMs).unref()
    this.timer.refresh()
  }

  private forget() {
    this.free.clear()
    this.bytes = 0
    this.timer = undefined
  }
}

/** Powers of two, so that one fits another's need. */
const wholeSize = (size: number) => Math.max(leastBytes, 2 ** Math.ceil(Math.log2(size)))
