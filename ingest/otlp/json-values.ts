import type { ParsedJson } from './json-records.ts'
import { type AttributeValue, DecodeError, itemsPerSpan, maxDepth, maxItems, tooDeep, tooManyItems } from './request.ts'

export type Json = Record<string, unknown>

const roots = ['resourceSpans', 'resourceLogs', 'resourceMetrics'] as const
type Root = (typeof roots)[number]
const snakeCase = (name: string) => name.replace(/[A-Z]/, letter => `_${letter.toLowerCase()}`)

/** What OTLP's messages in JSON form have in common, and the bounds of what one request holds. */
export class JsonValues {
  private readonly size: number
  private readonly parsed: ParsedJson
  private held = 0
  private recordsRead = 0

  constructor(size: number, parsed: ParsedJson) {
    this.size = size
    this.parsed = parsed
  }

  /** The request, which holds what `own` names, or nothing that is known here. */
  protected root(own: Root): Json {
    const request = this.object(this.parsed.root, 'the request')
    if (request[own] !== undefined) return request
    for (const other of roots) if (other in request) throw this.fault(`it holds ${other}, not ${own}`)
    if (snakeCase(own) in request) throw this.fault(`field names must be lowerCamelCase: ${own}`)
    return request
  }

  protected attributes(items: unknown, depth = 0): Map<string, AttributeValue> {
    const values = new Map<string, AttributeValue>()
    for (const item of this.items(items, 'attributes')) {
      const pair = this.object(item, 'attributes')
      values.set(this.text(pair.key, 'key'), this.value(pair.value, depth))
    }
    return values
  }

  protected value(item: unknown, depth: number): AttributeValue {
    if (item === undefined || item === null) return null
    if (depth > maxDepth) throw this.fault(tooDeep)
    this.hold()
    const value = this.object(item, 'value')
    if (value.stringValue !== undefined) return this.text(value.stringValue, 'stringValue')
    if (value.boolValue !== undefined) return value.boolValue === true || value.boolValue === 'true'
    if (value.intValue !== undefined) return this.integer(value.intValue, 'intValue')
    if (value.doubleValue !== undefined) return this.number(value.doubleValue, 'doubleValue')
    if (value.bytesValue !== undefined)
      return new Uint8Array(Buffer.from(this.text(value.bytesValue, 'bytesValue'), 'base64'))
    if (value.arrayValue !== undefined) {
      const array = this.object(value.arrayValue ?? {}, 'arrayValue')
      return this.list(array.values, 'values', inner => this.value(inner, depth + 1))
    }
    if (value.kvlistValue !== undefined)
      return this.attributes(this.object(value.kvlistValue ?? {}, 'kvlistValue').values, depth + 1)
    return null
  }

  private integer(value: unknown, name: string): number | bigint {
    if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : 0
    if (typeof value === 'bigint') return BigInt.asIntN(64, value)
    if (typeof value !== 'string' || !/^[+-]?\d{1,20}$/.test(value)) throw this.fault(`${name} is not an integer`)
    const exact = BigInt.asIntN(64, BigInt(value))
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
  }

  protected text(value: unknown, name: string): string {
    if (typeof value === 'string') return value.toWellFormed()
    return value === undefined || value === null ? '' : String(this.plain(value, name, 'a text'))
  }

  /** NaN where it is none. */
  protected number(value: unknown, name: string): number {
    return Number(this.plain(value ?? 0, name, 'a number'))
  }

  /** A list or an object of any depth has no place where one value is asked for. */
  private plain<T>(value: T, name: string, what: string): T {
    if (typeof value === 'object') throw this.fault(`${name} is not ${what}`)
    return value
  }

  /** A whole number that UInt32 holds, else the nearest. */
  protected count(value: unknown, name: string): number {
    return Math.min(Math.max(Math.trunc(this.number(value, name)) || 0, 0), 0xffffffff)
  }

  protected nanoseconds(value: unknown, name: string): bigint {
    if (value === undefined || value === null || value === '') return 0n
    return BigInt.asUintN(64, BigInt(this.integer(value, name)))
  }

  protected list<T>(items: unknown, name: string, read: (item: unknown) => T): T[] {
    return this.items(items, name).map(read)
  }

  /** The same of spans or log records, with a stop now and then. */
  protected *records<T>(items: unknown, name: string, read: (item: unknown) => T): Generator<void, T[]> {
    const found: T[] = []
    for (const item of this.items(items, name)) {
      found.push(read(this.parsed.record(item)))
      if (++this.recordsRead % atOnce === 0) yield
    }
    return found
  }

  /** The items of a list, counted. */
  protected items(items: unknown, name: string): unknown[] {
    if (items === undefined || items === null) return []
    if (!Array.isArray(items)) throw this.fault(`${name} is not a list`)
    this.hold(items.length * (heavy.has(name) ? itemsPerSpan : 1))
    return items
  }

  protected object(value: unknown, name: string): Json {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.fault(`${name} is not an object`)
    return value as Json
  }

  private hold(items = 1) {
    this.held += items
    if (this.held > maxItems) throw this.fault(tooManyItems)
  }

  protected fault(what: string) {
    return new DecodeError(`cannot decode OTLP request of ${this.size} bytes: ${what}`)
  }
}

/** So many records are read in one go. */
const atOnce = 1_024

const heavy = new Set(['spans', 'logRecords'])
/** Ids may be written in either case. */
export const id = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : '')
