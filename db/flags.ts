import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { dependants, flagFaults, lackedVariants, usersOf } from './domain/flags/check.ts'
import { type Change, diff, isEqual } from './domain/flags/diff.ts'
import type { Flag } from './domain/flags/flag.ts'
import { type Fault, type ItemDoc, type ItemKind, parseItem } from './domain/flags/item.ts'
import { settleFlag } from './domain/flags/settle.ts'
import { doorbellChannel } from './doorbells.ts'
import { flagBell, holdItem, setOf } from './flag-items.ts'
import { flagChanges, flagItems } from './flag-schema.ts'
import type { Postgres } from './postgres.ts'
import { auditLog, users } from './schema.ts'

type Orm = Pick<Postgres, 'orm'>
type Tx = Parameters<Parameters<Postgres['orm']['transaction']>[0]>[0]

export type Author = { by: 'person'; userId?: string } | { by: 'ramp'; numbers?: Record<string, unknown> }

/** Which item: a project's, or with `projectId` null the installation's. */
export type ItemRef<K extends ItemKind = ItemKind> = { projectId: string | null; kind: K; key: string }

export type Save<K extends ItemKind> = ItemRef<K> & {
  /** The revision the edit was made from, 0 for a new item; left out where it must go through whatever it is by now. */
  from?: number
  author: Author
  /** In the words of who changes it. */
  why: string
  /** What it becomes, from what it is: undefined for one that is not there, null to remove it. */
  change(before: ItemDoc<K> | undefined): unknown
  /** What must be written with the change, or not at all; not called when nothing changes. */
  also?(tx: Tx, made: { version: number; revision: number; doc: ItemDoc<K> | undefined }): Promise<void>
}

export type Saved<K extends ItemKind = ItemKind> =
  | { ok: true; version: number; revision: number; doc: ItemDoc<K> | undefined; changed: boolean }
  | { ok: false; refused: 'stale'; message: string; revision: number }
  | { ok: false; refused: 'invalid'; message: string; faults: Fault[] }

/**
 * Changes a flag, a segment or an AI switch: a new revision, its place in the history and the audit log, and word of it
 * to every process, all in one transaction. An edit made from an older revision is refused with a sentence, as is one
 * that asks for what is not there; then nothing is written. What changes nothing makes no revision.
 */
export function saveItem<K extends ItemKind>({ orm }: Orm, save: Save<K>): Promise<Saved<K>> {
  return orm.transaction(async tx => {
    // One change of the installation at a time: versions are handed out in the order in which they are committed.
    await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
    const rows = await tx.select().from(flagItems).where(ofProject(save.projectId))
    const row = rows.find(({ kind, key }) => kind === save.kind && key === save.key)
    const revision = row?.revision ?? 0
    if (save.from !== undefined && save.from !== revision) return staleness(tx, save, revision)
    const stored = row?.doc ?? null
    const before = stored === null ? undefined : (parsed(save.kind, stored) as ItemDoc<K> | undefined)
    const made = save.change(before)
    const checked = made === null ? { doc: undefined } : settled(save, before, made)
    if ('faults' in checked) return invalid(checked.faults)
    const { doc } = checked
    if (isEqual(before ?? stored, doc ?? null))
      return { ok: true, version: row?.version ?? 0, revision, doc, changed: false }
    const faults = faultsAmong(save, { before, doc }, rows)
    if (faults.length > 0) return invalid(faults)
    const version = await write(tx, save, { before: stored, doc: doc ?? null, revision: revision + 1 })
    await save.also?.(tx, { version, revision: revision + 1, doc })
    return { ok: true, version, revision: revision + 1, doc, changed: true }
  })
}

/** Any number, the same in every process of an installation. */
const lockKey = 7_052_203

const ofProject = (projectId: string | null) =>
  projectId === null ? isNull(flagItems.projectId) : eq(flagItems.projectId, projectId)

/** What is stored was checked when it was written; what an older release wrote is filled in. */
function parsed(kind: ItemKind, doc: unknown): ItemDoc | undefined {
  const read = parseItem(kind, doc)
  return 'doc' in read ? read.doc : undefined
}

function settled<K extends ItemKind>(
  { kind, key, author }: Save<K>,
  before: ItemDoc<K> | undefined,
  made: unknown,
): { doc: ItemDoc<K> } | { faults: Fault[] } {
  const read = parseItem(kind, made)
  if ('faults' in read || kind === 'ai') return read
  const doc = read.doc as Flag
  if (doc.key !== key) return { faults: [{ path: 'key', message: `cannot be changed: it is ${key}` }] }
  if (kind !== 'flag') return read
  return { doc: settleFlag(before as Flag | undefined, doc, author.by, new Date()) as ItemDoc<K> }
}

type Edit = { before: ItemDoc | undefined; doc: ItemDoc | undefined }

/**
 * What a change breaks among the project's other items, or by its going. What was amiss before is not the change's: a flag
 * that lost what it asks for must still let itself be switched off.
 */
function faultsAmong(save: ItemRef, { before, doc }: Edit, rows: (typeof flagItems.$inferSelect)[]): Fault[] {
  const others = setOf(
    save.projectId ?? '',
    rows.filter(row => row.kind !== save.kind || row.key !== save.key).map(row => holdItem({ ...row, doc: row.doc })),
  )
  if (save.kind === 'flag' && doc) {
    const faultsOf = (flag: Flag) => [...flagFaults(flag, others), ...lackedVariants(flag, others)]
    const known = new Set(before ? faultsOf(before as Flag).map(({ message }) => message) : [])
    return faultsOf(doc as Flag).filter(({ message }) => !known.has(message))
  }
  if (doc || save.kind === 'ai') return []
  const asking = save.kind === 'flag' ? dependants(save.key, others) : usersOf({ key: save.key }, others)
  return asking.map(key => ({ path: '', message: `flag ${key} asks for it: change that flag first` }))
}

type Written = { before: unknown; doc: unknown; revision: number }

async function write(
  tx: Tx,
  save: Omit<Save<ItemKind>, 'change' | 'also'>,
  { before, doc, revision }: Written,
): Promise<number> {
  const { projectId, kind, key, author, why } = save
  const [change] = await tx
    .insert(flagChanges)
    .values({
      projectId,
      kind,
      key,
      revision,
      before,
      after: doc,
      madeBy: author.by,
      userId: author.by === 'person' ? author.userId : undefined,
      numbers: author.by === 'ramp' ? author.numbers : undefined,
      why: why.slice(0, 1000),
      at: sql`clock_timestamp()`,
    })
    .returning({ version: flagChanges.version })
  const version = change?.version ?? 0
  const updated = await tx
    .update(flagItems)
    .set({ revision, version, doc })
    .where(and(ofProject(projectId), eq(flagItems.kind, kind), eq(flagItems.key, key)))
    .returning({ id: flagItems.id })
  if (updated.length === 0) await tx.insert(flagItems).values({ projectId, kind, key, revision, version, doc })
  await tx.insert(auditLog).values({
    projectId,
    userId: author.by === 'person' ? author.userId : undefined,
    action: `${kind}.${before === null ? 'created' : doc === null ? 'removed' : 'changed'}`,
    subject: kind === 'ai' ? (projectId ? 'this project' : 'the whole installation') : key,
    detail: { ...(author.by === 'ramp' && { by: 'ramp' }), ...(why && { why }), ...changesOf(before, doc) },
  })
  await tx.execute(sql`select pg_notify(${doorbellChannel}, ${flagBell})`)
  return version
}

/** For the audit log: the places that differ, without the bulk of prompts. */
function changesOf(before: unknown, doc: unknown): Record<string, unknown> {
  if (before === null || doc === null) return {}
  const brief = ({ from, to }: Change) => ({ from: short(from), to: short(to) })
  return Object.fromEntries(diff(before, doc).map(change => [change.path, brief(change)]))
}

function short(value: unknown) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

async function staleness(tx: Tx, ref: Save<ItemKind>, revision: number): Promise<Saved<never>> {
  const [last] = await tx
    .select({ who: users.name, at: flagChanges.at, by: flagChanges.madeBy })
    .from(flagChanges)
    .leftJoin(users, eq(users.id, flagChanges.userId))
    .where(
      and(
        ref.projectId === null ? isNull(flagChanges.projectId) : eq(flagChanges.projectId, ref.projectId),
        eq(flagChanges.kind, ref.kind),
        eq(flagChanges.key, ref.key),
      ),
    )
    .orderBy(desc(flagChanges.version))
    .limit(1)
  const who = last ? (last.by === 'ramp' ? 'the ramp' : (last.who ?? 'somebody')) : 'somebody'
  const message =
    ref.from === 0
      ? `${ref.key} is there already: ${who} made it.`
      : `${who} has changed it since you opened it (revision ${revision}, yours was made from ${ref.from}). Nothing was saved: look at what changed, then save again.`
  return { ok: false, refused: 'stale', message, revision }
}

const invalid = (faults: Fault[]): Saved<never> => ({
  ok: false,
  refused: 'invalid',
  message: faults.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
  faults,
})
