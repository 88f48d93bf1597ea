import { Places } from './places.ts'
import { type AttributeValue, maxDepth, maxItems, tooDeep, tooManyItems } from './request.ts'
import { WireReader } from './wire.ts'
import { anyValue, WireAttributes } from './wire-attributes.ts'

/**
 * What OTLP's messages have in common: attributes, values, ids and scopes, and the bounds of what one request holds.
 * Each method reads the message or value that the reader found last, and leaves it standing behind that.
 */
export class ValueReader {
  protected readonly reader: WireReader
  /** Where the attributes of resources lie, of spans or logs, and of what is within these. */
  private readonly outer = new Places()
  private readonly records: Places
  private readonly inner = new Places()
  private items = 0

  constructor(bytes: Buffer) {
    this.reader = new WireReader(bytes)
    this.records = new Places(Math.min(bytes.length >> 7, 1 << 16))
  }

  protected attributesOf(of: 'resource' | 'record' | 'part'): WireAttributes {
    const places = of === 'resource' ? this.outer : of === 'record' ? this.records : this.inner
    return new WireAttributes(this.reader, places)
  }

  protected scope(found: { name: string; version: string }) {
    const r = this.reader
    const end = this.enter('InstrumentationScope')
    while (r.next(end, 'InstrumentationScope')) {
      if (r.tag === 0x0a) found.name = r.name()
      else if (r.tag === 0x12) found.version = r.name()
    }
  }

  /** The attributes of a Resource. */
  protected resource(into: WireAttributes) {
    const r = this.reader
    const end = this.enter('Resource')
    while (r.next(end, 'Resource')) if (r.tag === 0x0a) this.attribute(into)
  }

  /** A KeyValue: a text or a number is only found, not read. */
  protected attribute(into: WireAttributes) {
    this.count('KeyValue', 2)
    if (!this.usualAttribute(into)) this.anyAttribute(into)
  }

  /** As nearly all are written: a short key, then a text or a number to the end. False for any other, and nothing done. */
  private usualAttribute(into: WireAttributes): boolean {
    const { bytes, start, stop } = this.reader
    const key = start + 2
    const value = key + (bytes[start + 1] as number)
    if (value + 4 > stop || bytes[start] !== 0x0a || value - key >= 0x80 || bytes[value] !== 0x12) return false
    let at = afterLength(bytes, value + 1, stop)
    if (at < 0) return false
    const tag = bytes[at++] as number
    if (tag === anyValue.text) at = afterLength(bytes, at, stop)
    else if (tag === anyValue.int) at = isVarint(bytes, at, stop) ? at : -1
    else if (tag !== anyValue.double || stop - at !== 8) at = -1
    if (at < 0) return false
    into.place(into.put(key, value), tag, at, stop)
    this.reader.pos = stop
    return true
  }

  private anyAttribute(into: WireAttributes) {
    const r = this.reader
    const end = r.stop
    r.pos = r.start
    let keyStart = 0
    let keyStop = 0
    let valueStart = -1
    let valueStop = 0
    while (r.next(end, 'KeyValue')) {
      if (r.tag === 0x0a) {
        keyStart = r.start
        keyStop = r.stop
      } else if (r.tag === 0x12) {
        valueStart = r.start
        valueStop = r.stop
      }
    }
    const at = into.put(keyStart, keyStop)
    if (valueStart < 0) into.place(at, 0, 0, 0)
    else this.find(into, at, valueStart, valueStop)
    r.pos = end
  }

  private find(into: WireAttributes, at: number, from: number, end: number) {
    const r = this.reader
    let tag = 0
    let start = 0
    let stop = 0
    r.pos = from
    while (r.next(end, 'AnyValue')) {
      if (!isField(r.tag)) continue
      tag = r.tag
      start = r.start
      stop = r.stop
    }
    if (tag === anyValue.list || tag === anyValue.map || tag === anyValue.bytes)
      return into.place(at, tag, start, stop, this.value(from, end, 0))
    into.place(at, tag, start, stop)
  }

  /** The AnyValue found last, read; null when it is empty. */
  protected anyValue(): AttributeValue {
    const end = this.enter('AnyValue')
    const value = this.value(this.reader.pos, end, 0)
    this.reader.pos = end
    return value
  }

  private value(start: number, end: number, depth: number): AttributeValue {
    const r = this.reader
    if (depth > maxDepth) throw r.fault(tooDeep, 'AnyValue')
    this.count('AnyValue')
    let value: AttributeValue = null
    r.pos = start
    while (r.next(end, 'AnyValue')) {
      switch (r.tag) {
        case anyValue.text:
          value = r.text()
          break
        case anyValue.bool:
          value = r.bool()
          break
        case anyValue.int:
          value = r.int64()
          break
        case anyValue.double:
          value = r.double()
          break
        case anyValue.list:
          value = this.list(depth + 1)
          break
        case anyValue.map:
          value = this.map(depth + 1)
          break
        case anyValue.bytes:
          value = r.copy()
      }
    }
    return value
  }

  private list(depth: number): AttributeValue[] {
    const r = this.reader
    const values: AttributeValue[] = []
    const end = this.enter('ArrayValue')
    while (r.next(end, 'ArrayValue')) if (r.tag === 0x0a) values.push(this.value(r.start, r.stop, depth))
    return values
  }

  private map(depth: number): Map<string, AttributeValue> {
    const r = this.reader
    const values = new Map<string, AttributeValue>()
    const end = this.enter('KeyValueList')
    while (r.next(end, 'KeyValueList')) if (r.tag === 0x0a) this.keyValue(values, depth)
    return values
  }

  private keyValue(into: Map<string, AttributeValue>, depth: number) {
    const r = this.reader
    const end = this.enter('KeyValue')
    let key = ''
    let value: AttributeValue = null
    while (r.next(end, 'KeyValue')) {
      if (r.tag === 0x0a) key = r.name()
      else if (r.tag === 0x12) value = this.value(r.start, r.stop, depth)
    }
    into.set(key, value)
  }

  /** Counts the message found last and goes into it; where it ends. */
  protected enter(within: string, items = 1): number {
    const r = this.reader
    this.count(within, items)
    r.pos = r.start
    return r.stop
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

/** Where what has its length at `at`, in one byte or two, begins; -1 when it does not end at `stop`. */
function afterLength(bytes: Buffer, at: number, stop: number): number {
  const low = bytes[at] as number
  if (low < 0x80) return at + 1 + low === stop ? at + 1 : -1
  const high = bytes[at + 1] as number
  return high < 0x80 && at + 2 + ((low & 0x7f) | (high << 7)) === stop ? at + 2 : -1
}

/** Whether one varint lies between. */
function isVarint(bytes: Buffer, start: number, stop: number): boolean {
  if (stop <= start || stop - start > 10 || (bytes[stop - 1] as number) >= 0x80) return false
  for (let at = start; at < stop - 1; at++) if ((bytes[at] as number) < 0x80) return false
  return true
}

const fields = new Set<number>(Object.values(anyValue))
const isField = (tag: number) => fields.has(tag)
