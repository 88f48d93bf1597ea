import type { ByteWriter } from './byte-writer.ts'

/** A text that remembers its place in the dictionary that met it last: found again without a search. */
export type KnownName = { readonly text: string; dictionary: number; place: number }

/** The block brings all its distinct texts itself. */
const ownDictionary = (1 << 9) | (1 << 10)

let begun = 0

/** The values of one LowCardinality column: its distinct texts, then for each value which of them it is. */
export class Dictionary {
  private readonly places = new Map<string, number>()
  private indexes = new Uint32Array(4_096)
  private count = 0
  private id = 0
  private last: string | undefined
  private lastPlace = 0

  /** Begins the next column. One after the other, all columns can be written by the same dictionary. */
  begin(): this {
    this.places.clear()
    this.count = 0
    this.id = ++begun
    this.last = undefined
    return this
  }

  add(text: string) {
    if (text !== this.last) {
      this.last = text
      this.lastPlace = this.find(text)
    }
    this.put(this.lastPlace)
  }

  addKnown(name: KnownName) {
    if (name.dictionary !== this.id) {
      name.dictionary = this.id
      name.place = this.find(name.text)
    }
    this.put(name.place)
  }

  write(out: ByteWriter) {
    const { places, indexes, count } = this
    const width = places.size <= 0x100 ? 0 : places.size <= 0x10000 ? 1 : 2
    out.uint64(ownDictionary | width)
    out.uint64(places.size)
    for (const text of places.keys()) out.text(text)
    out.uint64(count)
    for (let at = 0; at < count; at++) {
      const index = indexes[at] as number
      if (width === 0) out.byte(index)
      else if (width === 1) out.uint16(index)
      else out.uint32(index)
    }
  }

  private find(text: string): number {
    const known = this.places.get(text)
    if (known !== undefined) return known
    const place = this.places.size
    this.places.set(text, place)
    return place
  }

  private put(place: number) {
    if (this.count === this.indexes.length) {
      const more = new Uint32Array(this.count * 2)
      more.set(this.indexes)
      this.indexes = more
    }
    this.indexes[this.count++] = place
  }
}
