import { everyField, type Field, overlong, readTree, type Shape, varint, writeTree } from './wire-tree.ts'

export type Random = () => number
export const upTo = (random: Random, most: number) => Math.floor(random() * most)
export const pick = <T>(random: Random, list: readonly T[]): T => list[upTo(random, list.length)] as T

type TreeMutation = (random: Random, fields: Field[], other: Field[]) => void

const anyField = (random: Random, fields: Field[], fits: (field: Field) => boolean = () => true) => {
  const found = [...everyField(fields)].filter(({ field }) => fits(field))
  return found.length > 0 ? pick(random, found) : undefined
}
/** A field that is put into a tree twice, or into itself, is another one. */
const copyOf = (field: Field): Field => ({ ...field, fields: field.fields?.map(copyOf) })
const isBytes = ({ tag }: Field) => (tag & 7) === 2
const isLeaf = (field: Field) => isBytes(field) && !field.fields

/** Changes of the structure that leave all around them sound, so that what is deep inside is reached. */
export const treeMutations: Record<string, TreeMutation> = {
  'a field twice'(random, fields) {
    const found = anyField(random, fields)
    if (found) found.list.splice(upTo(random, found.list.length + 1), 0, copyOf(found.field))
  },
  'a field gone'(random, fields) {
    const found = anyField(random, fields)
    found?.list.splice(found.list.indexOf(found.field), 1)
  },
  'a field elsewhere'(random, fields, other) {
    const [from, to] = [anyField(random, other), anyField(random, fields)]
    if (from && to) to.list.splice(upTo(random, to.list.length + 1), 0, copyOf(from.field))
  },
  'another wire type'(random, fields) {
    const found = anyField(random, fields)
    if (found) found.field.tag = (found.field.tag & ~7) | upTo(random, 8)
  },
  'another field number'(random, fields) {
    const found = anyField(random, fields)
    if (found) found.field.tag = (pick(random, [0, 1, 2, 9, 15, 16, 19_000, 2 ** 29 - 1]) * 8) | (found.field.tag & 7)
  },
  'a length that lies'(random, fields) {
    const found = anyField(random, fields, isBytes)
    const lies = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40, upTo(random, 5_000)]
    if (found) found.field.length = varint(pick(random, lies))
  },
  'an overlong length'(random, fields) {
    const found = anyField(random, fields, isBytes)
    if (found) found.field.length = overlong(writtenLength(found.field), 2 + upTo(random, 10))
  },
  'an overlong tag'(random, fields) {
    const found = anyField(random, fields)
    if (found) found.field.tagBytes = overlong(found.field.tag, 2 + upTo(random, 10))
  },
  'a varint without end'(random, fields) {
    const found = anyField(random, fields, field => (field.tag & 7) === 0)
    if (found) found.field.body = Buffer.alloc(1 + upTo(random, 12), 0xff)
  },
  'texts that are not UTF-8'(random, fields) {
    const found = anyField(random, fields, isLeaf)
    const bad = pick(random, ['ff', 'c080', 'eda080', 'f8888080', 'e28', '80', 'f4908080'])
    if (found) found.field.body = Buffer.concat([found.field.body, Buffer.from(bad, 'hex'), found.field.body])
  },
  'an id of another length'(random, fields) {
    const found = anyField(random, fields, ({ body, tag }) => isBytes({ body, tag }) && [8, 16].includes(body.length))
    if (found) found.field.body = Buffer.alloc(pick(random, [0, 1, 7, 15, 17, 32, 33, 1000]), upTo(random, 256))
  },
  'values that nest deep'(random, fields) {
    const found = anyField(random, fields, ({ tag, fields }) => tag === 0x12 && fields !== undefined)
    if (!found) return
    let inner: Field[] = found.field.fields ?? []
    const wrap = random() < 0.5 ? 0x2a : 0x32
    for (let depth = upTo(random, 400); depth > 0; depth--) {
      const item: Field = {
        tag: 0x0a,
        body: Buffer.alloc(0),
        fields: wrap === 0x2a ? inner : [{ tag: 0x12, body: Buffer.alloc(0), fields: inner }],
      }
      inner = [{ tag: wrap, body: Buffer.alloc(0), fields: [item] }]
    }
    found.field.fields = inner
  },
  'thousands of a field'(random, fields) {
    const found = anyField(random, fields, ({ body, fields }) => body.length < 60 && !fields)
    const most = many(random, 10)
    if (found) found.list.push(...Array.from({ length: most }, () => found.field))
  },
  'thousands of empty messages'(random, fields) {
    const found = anyField(random, fields, ({ fields }) => fields !== undefined)
    const empty: Field = { tag: found?.field.tag ?? 0x0a, body: Buffer.alloc(0) }
    found?.list.push(...Array.from({ length: many(random, 2) }, () => empty))
  },
}

/** Seldom thousands: each costs as much time as many small inputs. */
export const many = (random: Random, bytesEach: number) =>
  Math.ceil(upTo(random, random() < 0.05 ? 60_000 : 1_500) / bytesEach)

const writtenLength = ({ body, fields }: Field) => (fields ? writeTree(fields).length : body.length)

type ByteMutation = (random: Random, bytes: Buffer, other: Buffer) => Buffer

/** Changes that know nothing of the structure. */
export const byteMutations: Record<string, ByteMutation> = {
  'bits that flip'(random, bytes) {
    const changed = Buffer.from(bytes)
    for (let flips = 1 + upTo(random, 8); flips > 0 && changed.length > 0; flips--) {
      const at = upTo(random, changed.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << upTo(random, 8))
    }
    return changed
  },
  'bytes of chance'(random, bytes) {
    const changed = Buffer.from(bytes)
    for (let count = 1 + upTo(random, 12); count > 0 && changed.length > 0; count--)
      changed[upTo(random, changed.length)] = upTo(random, 256)
    return changed
  },
  'an end too early': (random, bytes) => bytes.subarray(0, upTo(random, bytes.length)),
  'bytes too many': (random, bytes) => Buffer.concat([bytes, Buffer.alloc(1 + upTo(random, 20), upTo(random, 256))]),
  'two halves': (random, bytes, other) =>
    Buffer.concat([bytes.subarray(0, upTo(random, bytes.length)), other.subarray(upTo(random, other.length))]),
  'a piece moved'(random, bytes) {
    const [a, b] = [upTo(random, bytes.length), upTo(random, bytes.length)]
    const piece = bytes.subarray(Math.min(a, b), Math.max(a, b))
    const at = upTo(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
  },
}

/** One to three changes of a request, most of them of its structure; and what they were. */
export function mutateBytes(
  random: Random,
  bytes: Buffer,
  other: Buffer,
  shape: Shape,
): { bytes: Buffer; how: string[] } {
  const how: string[] = []
  let changed = bytes
  if (random() < 0.75) {
    const [tree, donor] = [readTree(bytes, shape), readTree(other, shape)]
    for (let count = 1 + upTo(random, 3); count > 0; count--) {
      const name = pick(random, Object.keys(treeMutations))
      treeMutations[name]?.(random, tree, donor)
      how.push(name)
    }
    changed = writeTree(tree)
  }
  if (how.length === 0 || random() < 0.25) {
    const name = pick(random, Object.keys(byteMutations))
    changed = byteMutations[name]?.(random, changed, other) ?? changed
    how.push(name)
  }
  return { bytes: changed, how }
}
