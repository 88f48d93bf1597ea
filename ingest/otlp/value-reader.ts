import {
  type Attributes,
  type AttributeValue,
  itemsPerSpan,
  maxDepth,
  maxItems,
  tooDeep,
  tooManyItems,
} from './request.ts'
import { WireReader } from './wire.ts'

/** What OTLP's messages have in common: attributes, values, ids and scopes, and the bounds of what one request holds. */
export class ValueReader {
  protected readonly reader: WireReader
  private items = 0

  constructor(bytes: Buffer) {
    this.reader = new WireReader(bytes)
  }

  protected scope(end: number, found: { name: string; version: string }) {
    const r = this.reader
    while (r.next(end, 'InstrumentationScope')) {
      if (r.tag === 0x0a) found.name = r.name()
      else if (r.tag === 0x12) found.version = r.name()
    }
  }

  /** Reads key-values under `tag` into a map; the last of a key wins. */
  protected attributesOf(end: number, within: string, tag: number, into: Attributes, depth = 0) {
    const r = this.reader
    while (r.next(end, within)) {
      if (r.tag === tag) this.enter('KeyValue', end => this.keyValue(end, into, depth))
    }
  }

  protected keyValue(end: number, into: Attributes, depth: number) {
    const r = this.reader
    let key = ''
    let value: AttributeValue = null
    while (r.next(end, 'KeyValue')) {
      if (r.tag === 0x0a) key = r.name()
      else if (r.tag === 0x12) value = this.value(r.start, r.stop, depth)
    }
    into.set(key, value)
  }

  /** An AnyValue; null when it is empty. */
  protected value(start: number, end: number, depth: number): AttributeValue {
    const r = this.reader
    if (depth > maxDepth) throw r.fault(tooDeep, 'AnyValue')
    this.count('AnyValue')
    let value: AttributeValue = null
    r.pos = start
    while (r.next(end, 'AnyValue')) {
      switch (r.tag) {
        case 0x0a:
          value = r.text()
          break
        case 0x10:
          value = r.bool()
          break
        case 0x18:
          value = r.int64()
          break
        case 0x21:
          value = r.double()
          break
        case 0x2a:
          value = this.enter('ArrayValue', end => this.list(end, depth + 1))
          break
        case 0x32: {
          const map: Attributes = new Map()
          this.enter('KeyValueList', end => this.attributesOf(end, 'KeyValueList', 0x0a, map, depth + 1))
          value = map
          break
        }
        case 0x3a:
          value = r.copy()
      }
    }
    return value
  }

  private list(end: number, depth: number): AttributeValue[] {
    const r = this.reader
    const values: AttributeValue[] = []
    while (r.next(end, 'ArrayValue')) {
      if (r.tag === 0x0a) values.push(this.value(r.start, r.stop, depth))
    }
    return values
  }

  /** Reads the message found last, then stands behind it. */
  protected enter<T>(within: string, read: (end: number) => T): T {
    const r = this.reader
    const { start, stop } = r
    this.count(within, heavy.has(within) ? itemsPerSpan : 1)
    r.pos = start
    const result = read(stop)
    r.pos = stop
    return result
  }

  private count(within: string, items = 1) {
    this.items += items
    if (this.items > maxItems) throw this.reader.fault(tooManyItems, within)
  }

  /** Hex of an id as it was sent, cut at 32 bytes: whether it is one is judged later, span by span. */
  protected id(): string {
    const { bytes, start, stop } = this.reader
    return bytes.toString('hex', start, Math.min(stop, start + 32))
  }
}

const heavy = new Set(['Span', 'LogRecord'])
