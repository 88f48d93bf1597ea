import { randomBytes } from 'node:crypto'
import type { SpanKey } from '../db/spans.ts'

const leastSlots = 1 << 12
const mostProjects = 10_000
/** Nobody can choose ids that collide. */
const seedA = randomBytes(4).readUInt32LE()
const seedB = randomBytes(4).readUInt32LE()

/**
 * Spans that were met lately, by a hash of 64 bits of their keys, in two generations: when the younger is full, the older
 * is forgotten. Tells for sure that a span was not met since `sinceMs`; that it was is as good as sure.
 */
export class RecentSpans {
  private readonly limit: number
  private young: Keys
  private old: Keys | undefined
  private oldSinceMs: number
  private youngSinceMs: number
  private readonly projects = new Map<string, number>()
  /** The hash of the span asked for last. */
  private a = 0
  private b = 0

  /** Holds up to twice `limit`, which takes up to 32 bytes each. */
  constructor(limit = 1 << 21, sinceMs = Date.now()) {
    this.limit = limit
    this.young = new Keys(leastSlots)
    this.youngSinceMs = sinceMs
    this.oldSinceMs = sinceMs
  }

  /** All that was added since then is remembered. */
  get sinceMs(): number {
    return this.old ? this.oldSinceMs : this.youngSinceMs
  }

  /** Says that what was stored before the first was added here is known too, from then on. */
  knowSince(ms: number) {
    if (!this.old) this.youngSinceMs = ms
  }

  /** Whether it is new: it was not added before, so far as that is remembered. */
  add(span: SpanKey): boolean {
    this.hash(span)
    if (this.old?.has(this.a, this.b) || !this.young.add(this.a, this.b)) return false
    if (this.young.size >= this.limit) this.turn()
    return true
  }

  has(span: SpanKey): boolean {
    this.hash(span)
    return this.young.has(this.a, this.b) || (this.old?.has(this.a, this.b) ?? false)
  }

  private turn() {
    this.old = this.young
    this.oldSinceMs = this.youngSinceMs
    this.young = new Keys(this.old.slots)
    this.youngSinceMs = Date.now()
  }

  private hash({ projectId, traceId, spanId }: SpanKey) {
    this.a = seedA ^ this.project(projectId)
    this.b = seedB
    this.stir(word(spanId, 0))
    this.stir(word(spanId, 8))
    this.stir(word(traceId, 0))
    this.stir(word(traceId, 24))
    this.a >>>= 0
    this.b = (this.b | 1) >>> 0
  }

  private stir(value: number) {
    this.a = mix(this.a ^ value, 0x85ebca6b)
    this.b = mix(this.b + value, 0xc2b2ae35) ^ this.a
  }

  private project(projectId: string): number {
    const known = this.projects.get(projectId)
    if (known !== undefined) return known
    let hash = seedB
    for (let at = 0; at < projectId.length; at++) hash = mix(hash ^ projectId.charCodeAt(at), 0x27d4eb2f)
    if (this.projects.size >= mostProjects) this.projects.clear()
    this.projects.set(projectId, hash)
    return hash
  }
}

function mix(value: number, factor: number): number {
  const product = Math.imul(value ^ (value >>> 16), factor)
  return product ^ (product >>> 13)
}

/** Eight hexadecimal digits of an id. */
function word(hex: string, from: number): number {
  let value = 0
  for (let at = from; at < from + 8; at++) {
    const code = hex.charCodeAt(at)
    value = (value << 4) | (code <= 0x39 ? code - 0x30 : code - 0x57)
  }
  return value
}

/** Pairs of numbers, the second of which is never 0, in slots of which at most half are full. */
class Keys {
  size = 0
  private a: Uint32Array
  private b: Uint32Array

  constructor(slots: number) {
    this.a = new Uint32Array(slots)
    this.b = new Uint32Array(slots)
  }

  get slots(): number {
    return this.a.length
  }

  has(a: number, b: number): boolean {
    return this.b[this.find(a, b)] !== 0
  }

  /** Whether it was not there. */
  add(a: number, b: number): boolean {
    const slot = this.find(a, b)
    if (this.b[slot] !== 0) return false
    this.a[slot] = a
    this.b[slot] = b
    this.size += 1
    if (this.size * 2 > this.slots) this.grow()
    return true
  }

  /** Where the pair is, or the empty slot where it belongs. */
  private find(a: number, b: number): number {
    const last = this.slots - 1
    for (let slot = a & last; ; slot = (slot + 1) & last)
      if (this.b[slot] === 0 || (this.a[slot] === a && this.b[slot] === b)) return slot
  }

  private grow() {
    const [a, b] = [this.a, this.b]
    this.a = new Uint32Array(a.length * 2)
    this.b = new Uint32Array(b.length * 2)
    for (let from = 0; from < a.length; from++) {
      if (b[from] === 0) continue
      const slot = this.find(a[from] as number, b[from] as number)
      this.a[slot] = a[from] as number
      this.b[slot] = b[from] as number
    }
  }
}
