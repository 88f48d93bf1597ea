import { isUtf8 } from 'node:buffer'
import type { ByteWriter } from '../../db/byte-writer.ts'
import type { Dictionary } from '../../db/dictionary.ts'
import type { TextMap } from '../../db/native.ts'
import type { AttributeList, Attributes, AttributeValue, OneMore } from './attributes.ts'
import { jsonText } from './json-of-value.ts'
import { lostNames, type Name, nameAt, numberOf } from './names.ts'
import type { Places } from './places.ts'
import type { WireReader } from './wire.ts'

/** Fields of an AnyValue, by their tags. */
export const anyValue = { text: 0x0a, bool: 0x10, int: 0x18, double: 0x21, list: 0x2a, map: 0x32, bytes: 0x3a } as const

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
  size = 0
  private readonly reader: WireReader
  private readonly places: Places
  private readonly from: number
  private readonly id = ++lists
  private readonly lost = lostNames()
  /** Values that are lists, maps or bytes, which were read with the request. */
  private read: Map<number, AttributeValue> | undefined = undefined
  private byKey: Map<string, number> | undefined = undefined

  constructor(reader: WireReader, places: Places) {
    this.reader = reader
    this.places = places
    this.from = places.size
  }

  has(key: string): boolean {
    return this.placeOf(key) >= 0
  }

  get(key: string): AttributeValue | undefined {
    const at = this.placeOf(key)
    return at < 0 ? undefined : this.valueAt(at)
  }

  *[Symbol.iterator](): Generator<[string, AttributeValue]> {
    for (let at = 0; at < this.size; at++) yield [this.nameAt(at).text, this.valueAt(at)]
  }

  nameAt(at: number): Name {
    return this.places.name(this.from + at)
  }

  /** Puts the key that lies at these bytes into the list; its place there. */
  put(start: number, stop: number): number {
    const name = nameAt(this.reader.view, start, stop)
    if (name.list === this.id) return name.at
    const twin = this.lost === lostNames() ? -1 : this.search(name.text)
    if (twin >= 0) return twin
    this.places.add(name)
    name.list = this.id
    name.at = this.size
    this.byKey?.set(name.text, this.size)
    return this.size++
  }

  /** Says where the value of the key at a place lies; with `value` where it was read already. */
  place(at: number, tag: number, start: number, stop: number, value?: AttributeValue) {
    this.places.set(this.from + at, tag, start, stop)
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
    const { places } = this
    const place = this.from + at
    if (places.tag(place) === 0) return -1
    if (places.tag(place) !== anyValue.text) return 1
    return places.stop(place) - places.start(place)
  }

  valueAt(at: number): AttributeValue {
    const { reader, places } = this
    const place = this.from + at
    const start = places.start(place)
    const stop = places.stop(place)
    switch (places.tag(place)) {
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
    const { places } = this
    const place = this.from + at
    const start = places.start(place)
    const stop = places.stop(place)
    if (places.tag(place) !== anyValue.text || stop - start < long) return undefined
    const bytes = this.reader.bytes.subarray(start, stop)
    return isUtf8(bytes) ? bytes : undefined
  }

  take(at: number, taken: boolean) {
    this.places.take(this.from + at, taken)
  }

  isTaken(at: number): boolean {
    return this.places.isTaken(this.from + at)
  }

  untaken(more?: OneMore): TextMap {
    let size = more ? 1 : 0
    let longest = 0
    for (let at = 0; at < this.size; at++) {
      if (this.isTaken(at)) continue
      size += 1
      const bytes = this.places.stop(this.from + at) - this.places.start(this.from + at)
      if (bytes > longest) longest = bytes
    }
    return new Untaken(this, { more, size, longest: mostPerByte * longest + 2 })
  }

  writeJson(out: ByteWriter, at: number) {
    const { reader, places } = this
    const place = this.from + at
    const isText = places.tag(place) === anyValue.text
    if (isText && out.quoted(reader.bytes, places.start(place), places.stop(place))) return
    out.text(jsonText(this.valueAt(at)))
  }

  /** Notes where the numbered keys are. */
  private number() {
    const { id } = this
    for (let at = 0; at < this.size; at++) {
      const { number } = this.nameAt(at)
      if (number < 0) continue
      askedIn[number] = id
      positions[number] = at
    }
    asked = id
  }

  private search(key: string): number {
    if (this.size >= many) {
      this.byKey ??= new Map(Array.from({ length: this.size }, (_, at) => [this.nameAt(at).text, at]))
      return this.byKey.get(key) ?? -1
    }
    for (let at = 0; at < this.size; at++) if (this.nameAt(at).text === key) return at
    return -1
  }
}

/** The JSON texts of what no column took. */
class Untaken implements TextMap {
  readonly size: number
  readonly longest: number
  private readonly list: WireAttributes
  private readonly more: OneMore | undefined

  constructor(list: WireAttributes, { more, size, longest }: { more?: OneMore; size: number; longest: number }) {
    this.list = list
    this.more = more
    this.size = size
    this.longest = longest
  }

  has(key: string): boolean {
    const at = this.list.placeOf(key)
    return this.more?.key === key || (at >= 0 && !this.list.isTaken(at))
  }

  record(): Record<string, string> {
    const { list, more } = this
    const texts: Record<string, string> = Object.create(null)
    for (let at = 0; at < list.size; at++)
      if (!list.isTaken(at)) texts[list.nameAt(at).text] = jsonText(list.valueAt(at))
    if (more) texts[more.key] = more.json
    return texts
  }

  addKeys(to: Dictionary) {
    const { list, more } = this
    for (let at = 0; at < list.size; at++) if (!list.isTaken(at)) to.addKnown(list.nameAt(at))
    if (more) to.add(more.key)
  }

  writeValues(out: ByteWriter) {
    const { list, more } = this
    for (let at = 0; at < list.size; at++) if (!list.isTaken(at)) list.writeJson(out, at)
    if (more) out.text(more.json)
  }
}
