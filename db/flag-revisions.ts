import { and, desc, eq, gte, isNull, lte, or } from 'drizzle-orm'
import type { ChangeSource } from './changes.ts'
import { diff } from './domain/flags/diff.ts'
import type { Flag } from './domain/flags/flag.ts'
import type { AiSwitch } from './domain/flags/item.ts'
import { stateWords } from './domain/flags/words.ts'
import type { SystemChange } from './domain/incident.ts'
import { flagChanges } from './flag-schema.ts'
import { users } from './schema.ts'

const most = 20

/** What people and ramps did to the flags: those of a workflow, where one is asked for, and what concerns all. */
export const flagRevisions: ChangeSource = async ({ postgres }, { projectId, from, to, workflow }) => {
  const own = eq(flagChanges.projectId, projectId)
  const rows = await postgres.orm
    .select({
      kind: flagChanges.kind,
      key: flagChanges.key,
      before: flagChanges.before,
      after: flagChanges.after,
      madeBy: flagChanges.madeBy,
      why: flagChanges.why,
      at: flagChanges.at,
      who: users.name,
    })
    .from(flagChanges)
    .leftJoin(users, eq(users.id, flagChanges.userId))
    .where(
      and(
        gte(flagChanges.at, from),
        lte(flagChanges.at, to),
        or(
          and(own, eq(flagChanges.kind, 'flag'), workflow ? eq(flagChanges.key, workflow) : undefined),
          and(or(own, isNull(flagChanges.projectId)), eq(flagChanges.kind, 'ai')),
        ),
      ),
    )
    .orderBy(desc(flagChanges.version))
    .limit(most)
  return rows.map(row => ({
    at: row.at.toISOString(),
    kind: row.kind === 'ai' ? 'AI switch' : 'flag',
    what: `${row.kind === 'ai' ? aiWords(row.after) : flagWords(row)}${byWords(row)}`,
    to: row.kind === 'ai' ? 'settings/ai' : `flags/${encodeURIComponent(row.key)}?tab=history`,
  }))
}

const aiWords = (after: unknown) => `AI was switched ${(after as AiSwitch | null)?.off ? 'off' : 'on'}`

function flagWords({ key, before, after }: { key: string; before: unknown; after: unknown }): string {
  if (after === null) return `flag ${key} was removed`
  if (before === null) return `flag ${key} was made: ${stateWords(after as Flag)}`
  const [was, is] = [stateWords(before as Flag), stateWords(after as Flag)]
  if (was !== is) return `flag ${key}: ${was} → ${is}`
  const fields = new Set(diff(before, after).map(({ path }) => path.split('.')[0]))
  return `flag ${key}: ${[...fields].filter(field => field !== 'since').join(', ')} changed`
}

function byWords({ madeBy, who, why }: { madeBy: string; who: string | null; why: string }): SystemChange['what'] {
  const by = madeBy === 'ramp' ? 'the ramp' : who
  const said = [by && `by ${by}`, why && `“${why.length > 120 ? `${why.slice(0, 119)}…` : why}”`].filter(Boolean)
  return said.length > 0 ? ` (${said.join(': ')})` : ''
}
