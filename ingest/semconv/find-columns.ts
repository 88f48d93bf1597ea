import { type AttributeList, type Attributes, type AttributeValue, listOf } from '../otlp/attributes.ts'
import type { Column } from './columns.ts'
import { columnNames, type Place, roleOf } from './key-roles.ts'

const indexOf = new Map(columnNames.map((name, index) => [name, index]))

/** A text of nothing wins over no value, never over one. */
const emptyRank = 128
const noRank = 255
const noLists: ReadonlyMap<string, string[]> = new Map()

/** One span of very many keys does not hold them for ever. */
const mostKept = 1_000

/** Keys of one span, in an array that serves for all. */
export class KeyList {
  size = 0
  private readonly keys: string[] = []

  add(key: string) {
    this.keys[this.size++] = key
  }

  clear() {
    this.size = 0
    if (this.keys.length > mostKept) this.keys.length = 0
  }

  has(key: string): boolean {
    for (let at = 0; at < this.size; at++) if (this.keys[at] === key) return true
    return false
  }

  at(index: number): string {
    return this.keys[index] as string
  }
}

/**
 * What the tables find in the attributes of one span, in one pass over their keys: a value a column and which keys they
 * came from, flattened lists, parameters and flags. `read` fits it to the next span: most of it is numbers, kept in place.
 */
export class FoundColumns {
  list: AttributeList = listOf(new Map())
  /** Keys that tell the kind, of request parameters, and of what may tell of flags. */
  readonly kinds = new KeyList()
  readonly params = new KeyList()
  readonly flags = new KeyList()
  /** Keys by the flattened list that they are parts of. */
  lists: ReadonlyMap<string, string[]> = noLists
  /** By column: the place of the winning key among the attributes, or -1, and its rank. */
  private readonly places = new Int32Array(columnNames.length)
  private readonly ranks = new Uint8Array(columnNames.length)

  read(attributes: Attributes): this {
    const list = listOf(attributes)
    this.list = list
    this.kinds.clear()
    this.params.clear()
    this.flags.clear()
    this.lists = noLists
    this.places.fill(-1)
    this.ranks.fill(noRank)
    for (let at = 0; at < list.size; at++) {
      const name = list.nameAt(at)
      const role = roleOf(name)
      if (role === null) continue
      if (role.places.length > 0) this.fill(at, role.places)
      if (role.tellsKind) this.kinds.add(name.text)
      if (role.isParam) this.params.add(name.text)
      if (role.tellsOfFlag) this.flags.add(name.text)
      if (role.list !== undefined) this.addToList(role.list, name.text)
    }
    return this
  }

  key(column: Column): string | undefined {
    const at = this.place(column)
    return at < 0 ? undefined : this.list.nameAt(at).text
  }

  /** The winning value, or undefined when no convention gives one. */
  value(column: Column): AttributeValue | undefined {
    const at = this.place(column)
    return at < 0 ? undefined : this.list.valueAt(at)
  }

  /** Notes which attributes columns took, but for some columns; no other is noted as taken. */
  takeAll(but: ReadonlySet<Column>) {
    for (let at = 0; at < this.list.size; at++) this.list.take(at, false)
    for (const at of this.places) if (at >= 0) this.list.take(at, true)
    for (const column of but) this.leave(column)
  }

  take(key: string) {
    const at = this.list.placeOf(key)
    if (at >= 0) this.list.take(at, true)
  }

  leave(column: Column) {
    const at = this.place(column)
    if (at >= 0) this.list.take(at, false)
  }

  private place(column: Column): number {
    return this.places[indexOf.get(column) as number] as number
  }

  private fill(at: number, places: readonly Place[]) {
    const size = this.list.sizeAt(at)
    if (size < 0) return
    for (const { column, rank } of places) {
      const given = size === 0 ? rank + emptyRank : rank
      if (given >= (this.ranks[column] as number)) continue
      this.ranks[column] = given
      this.places[column] = at
    }
  }

  private addToList(list: string, key: string) {
    const lists = this.lists === noLists ? new Map<string, string[]>() : (this.lists as Map<string, string[]>)
    const keys = lists.get(list)
    if (keys) keys.push(key)
    else lists.set(list, [key])
    this.lists = lists
  }
}
