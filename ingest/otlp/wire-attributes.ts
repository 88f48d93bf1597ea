import { isUtf8 } from 'node:buffer'
import type { ByteWriter } from '../../db/byte-writer.ts'
import type { TextMap } from '../../db/native.ts'
import type { AttributeList, Attributes, AttributeValue, OneMore } from './attributes.ts'
import { jsonText } from './json-of-value.ts'
import { lostNames, type Name, nameAt, numberOf } from './names.ts'
import type { WireReader } from './wire.ts'

/** Fields of an AnyValue, by their tags. */
export const anyValue = { text: 0x0a, bool: 0x10, int: 0x18, double: 0x21, list: 0x2a, map: 0x32, bytes: 0x3a } as const

/** Of a value: its tag (0 when it is empty), where it begins and where it ends. */
const perPlace = 3
/** From so many on a list finds its keys by a map. */
const many = 48
/** A text of so many bytes is better copied than decoded. */
const long = 64
/** Characters that a byte of a value can become in JSON, as a control character does. */
const mostPerByte = 6
/** A shorter text is often one that was met before. */
const short = 40

let lists = 0
/** Where each numbered key stands in the list that was asked last. */
let asked = 0
const positions: number[] = []
const askedIn: number[] = []

/**
 * The attributes of a span, an event or a resource as they lie in the request: a value is decoded when it is asked for.
 * The last of a key wins, in the place of the first.
 */
export class WireAttributes implements Attributes, AttributeList {
  readonly names: Name[] = []
  private readonly reader: WireReader
  private readonly id = ++lists
  private readonly lost = lostNames()
  private readonly places: number[] = []
  /** Values that are lists, maps or bytes, which were read with the request. */
  private read: Map<number, AttributeValue> | undefined
  private byKey: Map<string, number> | undefined

  constructor(reader: WireReader) {
    this.reader = reader
  }

  get size(): number {
    return this.names.length
  }

  has(key: string): boolean {
    return this.placeOf(key) >= 0
  }

  get(key: string): AttributeValue | undefined {
    const at = this.placeOf(key)
    return at < 0 ? undefined : this.valueAt(at)
  }

  *[Symbol.iterator](): Generator<[string, AttributeValue]> {
    for (const [at, name] of this.names.entries()) yield [name.text, this.valueAt(at)]
  }

  /** Puts the key that lies at these bytes into the list; its place there. */
  put(start: number, stop: number): number {
    const name = nameAt(this.reader.view, start, stop)
    if (name.list === this.id) return name.at
    const twin = this.lost === lostNames() ? -1 : this.search(name.text)
    if (twin >= 0) return twin
    name.list = this.id
    name.at = this.names.push(name) - 1
    this.byKey?.set(name.text, name.at)
    return name.at
  }

  /** Says where the value of the key at a place lies; with `value` where it was read already. */
  place(at: number, tag: number, start: number, stop: number, value?: AttributeValue) {
    const place = at * perPlace
    this.places[place] = tag
    this.places[place + 1] = start
    this.places[place + 2] = stop
    if (value === undefined) this.read?.delete(at)
    else {
      this.read ??= new Map()
      this.read.set(at, value)
    }
  }

  placeOf(key: string): number {
    const number = numberOf(key)
    if (number === undefined) return this.search(key)
    if (asked !== this.id) this.number()
    return askedIn[number] === this.id ? (positions[number] as number) : -1
  }

  sizeAt(at: number): number {
    const place = at * perPlace
    if (this.places[place] === 0) return -1
    if (this.places[place] !== anyValue.text) return 1
    return (this.places[place + 2] as number) - (this.places[place + 1] as number)
  }

  valueAt(at: number): AttributeValue {
    const place = at * perPlace
    const start = this.places[place + 1] as number
    const stop = this.places[place + 2] as number
    const { reader } = this
    switch (this.places[place]) {
      case anyValue.text:
        return stop - start <= short ? nameAt(reader.view, start, stop).text : reader.textAt(start, stop)
      case anyValue.bool:
        reader.again(start, stop)
        return reader.bool()
      case anyValue.int:
        reader.again(start, stop)
        return reader.int64()
      case anyValue.double:
        return reader.double(start)
      default:
        return this.read?.get(at) ?? null
    }
  }

  longTextAt(at: number): Uint8Array | undefined {
    const place = at * perPlace
    const start = this.places[place + 1] as number
    const stop = this.places[place + 2] as number
    if (this.places[place] !== anyValue.text || stop - start < long) return undefined
    const bytes = this.reader.bytes.subarray(start, stop)
    return isUtf8(bytes) ? bytes : undefined
  }

  textsBut(taken: Uint8Array, more?: OneMore): TextMap {
    let size = more ? 1 : 0
    let longest = 0
    for (let at = 0; at < taken.length; at++) {
      if (taken[at]) continue
      size += 1
      const bytes = (this.places[at * perPlace + 2] as number) - (this.places[at * perPlace + 1] as number)
      if (bytes > longest) longest = bytes
    }
    return {
      size,
      longest: mostPerByte * longest + 2,
      has: key => more?.key === key || (this.has(key) && !taken[this.placeOf(key)]),
      record: () => {
        const texts: Record<string, string> = Object.create(null)
        for (let at = 0; at < taken.length; at++)
          if (!taken[at]) texts[(this.names[at] as Name).text] = jsonText(this.valueAt(at))
        if (more) texts[more.key] = more.json
        return texts
      },
      addKeys: to => {
        for (let at = 0; at < taken.length; at++) if (!taken[at]) to.push((this.names[at] as Name).text)
        if (more) to.push(more.key)
      },
      writeValues: out => {
        for (let at = 0; at < taken.length; at++) if (!taken[at]) this.writeJson(out, at)
        if (more) out.text(more.json)
      },
    }
  }

  private writeJson(out: ByteWriter, at: number) {
    const place = at * perPlace
    const start = this.places[place + 1] as number
    const isText = this.places[place] === anyValue.text
    if (isText && out.quoted(this.reader.bytes, start, this.places[place + 2] as number)) return
    out.text(jsonText(this.valueAt(at)))
  }

  /** Notes where the numbered keys are. */
  private number() {
    const { names, id } = this
    for (let at = 0; at < names.length; at++) {
      const { number } = names[at] as Name
      if (number < 0) continue
      askedIn[number] = id
      positions[number] = at
    }
    asked = id
  }

  private search(key: string): number {
    if (this.names.length < many) return this.names.findIndex(name => name.text === key)
    this.byKey ??= new Map(this.names.map((name, at) => [name.text, at]))
    return this.byKey.get(key) ?? -1
  }
}
