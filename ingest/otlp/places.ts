import type { Name } from './names.ts'

/** Of a value: its tag (0 when it is empty), where it begins and ends, and whether a column took it. */
const perPlace = 4

/**
 * Where the attributes of one request lie, as numbers in one piece: a request has tens of thousands, and an object each
 * would be more to clear away than all else. A list of attributes is a run of places, so one list is read to its end
 * before the next begins: those within another are kept in other places.
 */
export class Places {
  size = 0
  private readonly names: Name[]
  private numbers: Int32Array

  /** Grows as it must; `hint` places are there from the start. */
  constructor(hint = 0) {
    this.names = new Array(hint)
    this.numbers = new Int32Array(hint * perPlace)
  }

  name(place: number): Name {
    return this.names[place] as Name
  }

  tag(place: number): number {
    return this.numbers[place * perPlace] as number
  }

  start(place: number): number {
    return this.numbers[place * perPlace + 1] as number
  }

  stop(place: number): number {
    return this.numbers[place * perPlace + 2] as number
  }

  isTaken(place: number): boolean {
    return this.numbers[place * perPlace + 3] === 1
  }

  /** The new place at the end. */
  add(name: Name): number {
    this.names[this.size] = name
    const at = this.size * perPlace
    if (at === this.numbers.length) this.grow()
    this.numbers[at] = 0
    this.numbers[at + 3] = 0
    return this.size++
  }

  set(place: number, tag: number, start: number, stop: number) {
    const at = place * perPlace
    this.numbers[at] = tag
    this.numbers[at + 1] = start
    this.numbers[at + 2] = stop
  }

  take(place: number, taken: boolean) {
    this.numbers[place * perPlace + 3] = taken ? 1 : 0
  }

  private grow() {
    const grown = new Int32Array(Math.max(64 * perPlace, this.numbers.length * 2))
    grown.set(this.numbers)
    this.numbers = grown
  }
}
