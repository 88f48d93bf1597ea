import { type Name, numberKeys } from '../otlp/names.ts'
import { type ColumnKeys, columns, conventions } from './columns.ts'
import { tellsOfFlag } from './flags.ts'
import { kindKeys } from './kinds.ts'
import { isParam } from './params.ts'
import { listOf } from './unflatten.ts'
import { unpricedKeys } from './unpriced.ts'

/** A cell of the table of columns that a key fills: the column's number, and the place of the key in its row. */
export type Place = { column: number; rank: number }

/** What the tables and rules of this folder make of an attribute's key. */
export type KeyRole = {
  places: readonly Place[]
  /** The flattened list that it is a part of. */
  list: string | undefined
  tellsKind: boolean
  isParam: boolean
  tellsOfFlag: boolean
}

export const columnNames = Object.keys(columns) as (keyof typeof columns)[]

const places = new Map<string, Place[]>()
for (const [column, name] of columnNames.entries()) {
  const row: ColumnKeys = columns[name]
  const keys = conventions.flatMap(convention => row[convention] ?? [])
  for (const [rank, key] of keys.entries()) places.set(key, [...(places.get(key) ?? []), { column, rank }])
}

/** What rules ask each span for, beside the keys of the tables. */
const alsoAsked = [
  'error.type',
  'metadata',
  'llm.prompts',
  'traceloop.entity.name',
  'langfuse.observation.level',
  'langfuse.observation.status_message',
  ...['ai.response', 'ai.result'].flatMap(within => [`${within}.toolCalls`, `${within}.reasoning`]),
]
numberKeys([...places.keys(), ...kindKeys, ...unpricedKeys, ...alsoAsked])

/** The role of a key, worked out once; null for one that is only kept, as most are. */
export function roleOf(name: Name): KeyRole | null {
  if (name.note === undefined) name.note = roleFrom(name.text)
  return name.note as KeyRole | null
}

function roleFrom(key: string): KeyRole | null {
  const role: KeyRole = {
    places: places.get(key) ?? [],
    list: listOf(key),
    tellsKind: kindKeys.includes(key),
    isParam: isParam(key),
    tellsOfFlag: tellsOfFlag(key),
  }
  const { list, tellsKind } = role
  const hasOne = role.places.length > 0 || list !== undefined || tellsKind || role.isParam || role.tellsOfFlag
  return hasOne ? role : null
}
