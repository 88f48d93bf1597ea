import type { TextMap } from '../../db/native.ts'
import { jsonText } from './json-of-value.ts'
import { type Name, nameOf } from './names.ts'

/** A value as OTLP has them. Strings hold no lone surrogates. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | AttributeValue[]
  | Map<string, AttributeValue>

/** Values by key, in the order of the request: a plain map, or one that decodes a value when it is asked for. */
export interface Attributes extends Iterable<[string, AttributeValue]> {
  readonly size: number
  has(key: string): boolean
  get(key: string): AttributeValue | undefined
}

/** A key, and the JSON of its value, beside those that came. */
export type OneMore = { key: string; json: string }

/** The same by their places, for rules that walk over all of them and note which of them a column took. */
export interface AttributeList {
  readonly size: number
  nameAt(at: number): Name
  placeOf(key: string): number
  /** -1 for no value, 0 for a text of nothing, else more. */
  sizeAt(at: number): number
  valueAt(at: number): AttributeValue
  /** The UTF-8 bytes of a long text where they lie in the request; undefined for anything else. */
  longTextAt(at: number): Uint8Array | undefined
  take(at: number, taken: boolean): void
  /** The JSON texts of all attributes that are not taken, and of one more. */
  untaken(more?: OneMore): Record<string, string> | TextMap
}

const isList = (attributes: Attributes): attributes is Attributes & AttributeList => 'untaken' in attributes

export const listOf = (attributes: Attributes): AttributeList =>
  isList(attributes) ? attributes : new PlainList(attributes)

class PlainList implements AttributeList {
  private readonly names: Name[] = []
  private readonly values: AttributeValue[] = []
  private readonly taken: boolean[] = []

  constructor(attributes: Attributes) {
    for (const [key, value] of attributes) {
      this.names.push(nameOf(key))
      this.values.push(value)
    }
  }

  get size(): number {
    return this.names.length
  }

  nameAt(at: number): Name {
    return this.names[at] as Name
  }

  placeOf(key: string): number {
    return this.names.findIndex(name => name.text === key)
  }

  sizeAt(at: number): number {
    const value = this.valueAt(at)
    return value === null ? -1 : value === '' ? 0 : 1
  }

  valueAt(at: number): AttributeValue {
    return this.values[at] ?? null
  }

  longTextAt() {
    return undefined
  }

  take(at: number, taken: boolean) {
    this.taken[at] = taken
  }

  /** The record has no prototype: any key is safe. */
  untaken(more?: OneMore): Record<string, string> {
    const texts: Record<string, string> = Object.create(null)
    for (const [at, { text }] of this.names.entries()) if (!this.taken[at]) texts[text] = jsonText(this.valueAt(at))
    if (more) texts[more.key] = more.json
    return texts
  }
}
