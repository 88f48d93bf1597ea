import { z } from 'zod'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

export type Reject = {
  projectId: string
  item: 'spans' | 'requests'
  /** One of few, as in the ledger. */
  reason: string
  client: string
  /** A sentence about the newest of them. */
  detail: string
  /** What was refused, as text; '' where there is nothing to show. */
  sample: string
}

export type Rejects = {
  /** Notes what was refused. It never fails and never waits. */
  note(reject: Reject): void
  /** Whether a sample may be made for the project now: making one costs time, so it is done once a second at most. */
  wantsSample(projectId: string): boolean
  flush(): Promise<void>
  stop(): Promise<void>
}

export const mostRejects = 100
const keptDays = 30
const everyMs = 1_000
/** Kinds held until the next write; beyond them, the newest are dropped. */
const mostHeld = 500
const mostSamples = 20
const longest = { reason: 200, client: 100, detail: 500, sample: 2_000 }

/** Keeps the newest sample of each kind of reject, written once a second; a kill can lose those of the last second. */
export function openRejects({ postgres, log }: { postgres: Pick<Postgres, 'sql'>; log: Logger }): Rejects {
  let held = new Map<string, Reject>()
  let sampled = new Set<string>()
  let writing = Promise.resolve()

  function note(reject: Reject) {
    const line = { ...reject, ...bounded(reject) }
    const key = [line.projectId, line.item, line.reason, line.client].join('\n')
    if (held.has(key) || held.size < mostHeld) held.set(key, line)
  }

  function wantsSample(projectId: string) {
    if (sampled.has(projectId) || sampled.size >= mostSamples) return false
    sampled.add(projectId)
    return true
  }

  async function write() {
    sampled = new Set()
    if (held.size === 0) return
    const lines = [...held.values()]
    held = new Map()
    await writeRejects(postgres, lines).catch(error => log.warn('cannot note what was refused', { error }))
  }

  const flush = () => {
    writing = writing.then(write)
    return writing
  }
  const timer = setInterval(flush, everyMs)
  timer.unref()
  return {
    note,
    wantsSample,
    flush,
    async stop() {
      clearInterval(timer)
      await flush()
    },
  }
}

const bounded = ({ reason, client, detail, sample }: Reject) => ({
  reason: plain(reason, longest.reason),
  client: plain(client, longest.client),
  detail: plain(detail, longest.detail),
  sample: plain(sample, longest.sample),
})

/** Postgres keeps no NUL, and a cut may halve a character. */
const plain = (text: string, most: number) =>
  text
    .slice(0, most)
    .replaceAll('\0', '\ufffd')
    .replace(/\p{Surrogate}/gu, '\ufffd')

async function writeRejects({ sql }: Pick<Postgres, 'sql'>, rejects: Reject[]) {
  const at = new Date()
  const rows = rejects
    .map(({ projectId, ...rest }) => ({ project_id: projectId, ...rest, at }))
    // In one order, so that two processes that write the same rows do not wait for each other.
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const projects = [...new Set(rejects.map(({ projectId }) => projectId))]
  await sql.begin(async tx => {
    await tx`
      insert into rejects ${tx(rows)}
      on conflict (project_id, item, reason, client) do update set
        at = excluded.at, detail = excluded.detail, sample = excluded.sample`
    await tx`
      delete from rejects
      where project_id in ${tx(projects)}
        and (at < now() - ${keptDays} * interval '1 day' or (project_id, item, reason, client) in (
          select project_id, item, reason, client
          from (
            select *, row_number() over (partition by project_id order by at desc, reason, client) as place
            from rejects
            where project_id in ${tx(projects)}
          ) as placed
          where place > ${mostRejects}
        ))`
  })
}

const keyOf = (row: { project_id: string; item: string; reason: string; client: string }) =>
  [row.project_id, row.item, row.reason, row.client].join('\n')

const rejectRow = z.object({
  item: z.string(),
  reason: z.string(),
  client: z.string(),
  atMs: z.number(),
  detail: z.string(),
  sample: z.string(),
})
export type KeptReject = z.infer<typeof rejectRow>

/** The kept samples of what was refused of a project since a moment, the newest first. */
export async function listRejects(
  { sql }: Pick<Postgres, 'sql'>,
  { projectId, since }: { projectId: string; since: Date },
): Promise<KeptReject[]> {
  const rows = await sql`
    select item, reason, client, detail, sample, (extract(epoch from at) * 1000)::float8 as "atMs"
    from rejects
    where project_id = ${projectId} and at >= ${since}
    order by at desc, reason, client
    limit ${mostRejects}`
  return rows.map(row => rejectRow.parse(row))
}
