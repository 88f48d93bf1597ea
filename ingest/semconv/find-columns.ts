import { type AttributeList, type Attributes, type AttributeValue, listOf } from '../otlp/attributes.ts'
import type { Column } from './columns.ts'
import { columnNames, type Place, roleOf } from './key-roles.ts'

const indexOf = new Map(columnNames.map((name, index) => [name, index]))

/** A text of nothing wins over no value, never over one. */
const emptyRank = 128
const noRank = 255
const none: readonly string[] = []
const noLists: ReadonlyMap<string, string[]> = new Map()

/**
 * What the tables find in the attributes of one span, in one pass over their keys: a value a column and which keys they
 * came from, flattened lists, parameters and flags. `read` fits it to the next span: most of it is numbers, kept in place.
 */
export class FoundColumns {
  list: AttributeList = listOf(new Map())
  /** Keys that tell the kind, of request parameters, and of what may tell of flags. */
  kinds: readonly string[] = none
  params: readonly string[] = none
  flags: readonly string[] = none
  /** Keys by the flattened list that they are parts of. */
  lists: ReadonlyMap<string, string[]> = noLists
  /** By column: the place of the winning key among the attributes, or -1, and its rank. */
  private readonly places = new Int32Array(columnNames.length)
  private readonly ranks = new Uint8Array(columnNames.length)

  read(attributes: Attributes): this {
    const list = listOf(attributes)
    this.list = list
    this.kinds = this.params = this.flags = none
    this.lists = noLists
    this.places.fill(-1)
    this.ranks.fill(noRank)
    for (let at = 0; at < list.names.length; at++) {
      const name = list.names[at] as AttributeList['names'][number]
      const role = roleOf(name)
      if (role === null) continue
      if (role.places.length > 0) this.fill(at, role.places)
      if (role.tellsKind) this.kinds = [...this.kinds, name.text]
      if (role.isParam) this.params = [...this.params, name.text]
      if (role.tellsOfFlag) this.flags = [...this.flags, name.text]
      if (role.list !== undefined) this.addToList(role.list, name.text)
    }
    return this
  }

  key(column: Column): string | undefined {
    const at = this.place(column)
    return at < 0 ? undefined : this.list.names[at]?.text
  }

  /** The winning value, or undefined when no convention gives one. */
  value(column: Column): AttributeValue | undefined {
    const at = this.place(column)
    return at < 0 ? undefined : this.list.valueAt(at)
  }

  /** Marks the keys that columns took, but for some columns. */
  taken(but: ReadonlySet<Column>): Uint8Array {
    const taken = new Uint8Array(this.list.names.length)
    for (let column = 0; column < this.places.length; column++) {
      const at = this.places[column] as number
      if (at >= 0) taken[at] = 1
    }
    for (const column of but) this.unmark(taken, column)
    return taken
  }

  mark(taken: Uint8Array, key: string) {
    const at = this.list.placeOf(key)
    if (at >= 0) taken[at] = 1
  }

  unmark(taken: Uint8Array, column: Column) {
    const at = this.place(column)
    if (at >= 0) taken[at] = 0
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
