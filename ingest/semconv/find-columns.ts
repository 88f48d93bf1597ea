import type { Attributes, AttributeValue } from '../otlp/request.ts'
import { type Column, type ColumnKeys, columns, conventions } from './columns.ts'

type Place = { column: number; rank: number }

const names = Object.keys(columns) as Column[]
const indexOf = new Map(names.map((name, index) => [name, index]))
const places = new Map<string, Place[]>()
for (const [column, name] of names.entries()) {
  const row: ColumnKeys = columns[name]
  const keys = conventions.flatMap(convention => row[convention] ?? [])
  for (const [rank, key] of keys.entries()) places.set(key, [...(places.get(key) ?? []), { column, rank }])
}

/** A text of nothing wins over no value, never over one. */
const emptyRank = 128

/** What the table finds in the attributes of one span: a value a column, and which keys they came from. */
export class FoundColumns {
  private readonly keys: (string | undefined)[] = new Array(names.length).fill(undefined)
  private readonly ranks = new Uint8Array(names.length).fill(255)
  private readonly attributes: Attributes

  constructor(attributes: Attributes) {
    this.attributes = attributes
    for (const [key, value] of attributes) {
      const found = places.get(key)
      if (!found || value === null) continue
      for (const place of found) {
        const column = place.column
        const rank = value === '' ? place.rank + emptyRank : place.rank
        if (rank >= (this.ranks[column] as number)) continue
        this.ranks[column] = rank
        this.keys[column] = key
      }
    }
  }

  key(column: Column): string | undefined {
    return this.keys[indexOf.get(column) as number]
  }

  attribute(key: string): AttributeValue | undefined {
    return this.attributes.get(key)
  }

  /** The winning value, or undefined when no convention gives one. */
  value(column: Column): AttributeValue | undefined {
    const key = this.key(column)
    return key === undefined ? undefined : this.attributes.get(key)
  }

  /** The keys that columns took. */
  taken(): Set<string> {
    return new Set(this.keys.filter(key => key !== undefined))
  }
}
