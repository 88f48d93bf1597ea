import type { KnownName } from '../../db/dictionary.ts'

/** A text of which there are few, such as an attribute's key. */
export type Name = KnownName & {
  readonly length: number
  readonly words: Int32Array
  /** Number of a key that rules ask for, or -1. */
  readonly number: number
  /** The list of attributes that met it last, and its place there. */
  list: number
  at: number
  /** What those who make rules for keys noted of this one. */
  note: unknown
}

const slots = 8192
const longest = 128
const table: (Name | undefined)[] = new Array(slots).fill(undefined)
const numbers = new Map<string, number>()
let lost = 0

const mostKept = 10_000
const kept = new Map<string, Name>()

/** Gives numbers to the keys that rules ask for by name, by which they are found without a search. */
export function numberKeys(keys: Iterable<string>) {
  for (const key of keys) if (!numbers.has(key)) numbers.set(key, numbers.size)
  table.fill(undefined)
  kept.clear()
  lost += 1
}

export const numberOf = (key: string): number | undefined => numbers.get(key)

/** Names are forgotten when others take their slots: while this stays the same, one text has one name. */
export const lostNames = (): number => lost

/** The text of these bytes. One that was met lately is found by its bytes, and not decoded again. */
export function nameAt(view: DataView, start: number, stop: number): Name {
  const length = stop - start
  if (length > longest) return newName(view, start, length)
  const slot = slotOf(view, start, length)
  const known = table[slot]
  if (known !== undefined && isSame(known, view, start, length)) return known
  if (known !== undefined) lost += 1
  const name = newName(view, start, length)
  table[slot] = name
  return name
}

/** The name of a text that was decoded already. */
export function nameOf(text: string): Name {
  const known = kept.get(text)
  if (known) return known
  if (kept.size >= mostKept) kept.clear()
  const bytes = Buffer.from(text)
  const name = newName(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  kept.set(text, name)
  return name
}

/** By the length and a few words from the middle and the end, where keys differ. */
function slotOf(view: DataView, start: number, length: number): number {
  let hash = length
  if (length >= 4) {
    hash = Math.imul(hash ^ view.getInt32(start + length - 4, true), 0x9e3779b1)
    hash = Math.imul(hash ^ view.getInt32(start + (length >>> 1) - 2, true), 0x85ebca6b)
    if (length >= 8) hash = Math.imul(hash ^ view.getInt32(start + length - 8, true), 0xc2b2ae35)
    if (length >= 16) hash = Math.imul(hash ^ view.getInt32(start + (length >>> 2), true), 0x27d4eb2f)
  } else for (let at = 0; at < length; at++) hash = Math.imul(hash ^ view.getUint8(start + at), 0x9e3779b1)
  return (hash ^ (hash >>> 15)) & (slots - 1)
}

function isSame(name: Name, view: DataView, start: number, length: number): boolean {
  if (name.length !== length) return false
  const { words } = name
  for (let word = 0; word < words.length; word++) if (words[word] !== wordAt(view, start, length, word)) return false
  return true
}

/** Four bytes at a time; the last four overlap what was before them. */
function wordAt(view: DataView, start: number, length: number, word: number): number {
  if (length >= 4) return view.getInt32(start + Math.min(word * 4, length - 4), true)
  return view.getUint8(start + Math.min(word, length - 1))
}

const wordsIn = (length: number) => (length >= 4 ? (length + 3) >>> 2 : length)

function newName(view: DataView, start: number, length: number): Name {
  const text = Buffer.from(view.buffer, view.byteOffset + start, length).toString()
  const isLong = length > longest
  if (isLong) lost += 1
  const words = new Int32Array(isLong ? 0 : wordsIn(length))
  for (let word = 0; word < words.length; word++) words[word] = wordAt(view, start, length, word)
  return {
    text,
    length,
    words,
    number: numbers.get(text) ?? -1,
    list: -1,
    at: 0,
    note: undefined,
    dictionary: 0,
    place: 0,
  }
}
