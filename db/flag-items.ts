import { z } from 'zod'
import type { Flag } from './domain/flags/flag.ts'
import type { AiOff, FlagSet, LiveFlag } from './domain/flags/flag-set.ts'
import { type AiSwitch, type ItemDoc, itemKinds, parseItem } from './domain/flags/item.ts'
import type { Segment } from './domain/flags/segment.ts'
import type { Postgres } from './postgres.ts'

/** The doorbell that is rung with every change. */
export const flagBell = 'flags'

/** An item as it is stored: `doc` is null when it was removed. */
export const storedItem = z.object({
  projectId: z.string().nullable(),
  kind: z.enum(itemKinds),
  key: z.string(),
  revision: z.number(),
  version: z.number(),
  doc: z.unknown(),
})
export type StoredItem = z.infer<typeof storedItem>

/** Read once; `read` is undefined for one that was removed, or that another release wrote in a form unknown here. */
export type HeldItem = Omit<StoredItem, 'doc'> & { read: ItemDoc | undefined; doc: unknown }

export function holdItem(item: StoredItem): HeldItem {
  const parsed = item.doc === null || item.doc === undefined ? undefined : parseItem(item.kind, item.doc)
  return { ...item, doc: item.doc ?? null, read: parsed && 'doc' in parsed ? parsed.doc : undefined }
}

/** Items of all projects that changed after a version, oldest first. */
export async function readItems({ sql }: Pick<Postgres, 'sql'>, afterVersion: number): Promise<HeldItem[]> {
  const rows = await sql`
    select project_id as "projectId", kind, key, revision, version, doc
    from flag_items
    where version > ${afterVersion}
    order by version`
  return z.array(storedItem).parse(rows).map(holdItem)
}

/** A project's set of its items. */
export function setOf(projectId: string, items: Iterable<HeldItem>, installation?: AiSwitch): FlagSet {
  const flags = new Map<string, LiveFlag>()
  const segments = new Map<string, Segment>()
  let own: AiSwitch | undefined
  let version = 0
  for (const { kind, key, revision, read, version: at } of items) {
    version = Math.max(version, at)
    if (!read) continue
    if (kind === 'flag') flags.set(key, { ...(read as Flag), revision })
    else if (kind === 'segment') segments.set(key, read as Segment)
    else own = read as AiSwitch
  }
  return { id: projectId, version, flags, segments, aiOff: aiOffBy(installation, own) }
}

/** The wider switch goes before the narrower one. */
function aiOffBy(installation: AiSwitch | undefined, project: AiSwitch | undefined): AiOff | undefined {
  if (installation?.off) return { scope: 'installation', whenOff: installation.whenOff, reason: installation.reason }
  return project?.off ? { scope: 'project', whenOff: project.whenOff, reason: project.reason } : undefined
}
