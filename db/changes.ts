import { z } from 'zod'
import type { ClickHouse } from './clickhouse.ts'
import type { SystemChange } from './domain/incident.ts'
import { dayMs } from './domain/time.ts'
import type { Postgres } from './postgres.ts'

type Stores = { clickhouse: ClickHouse; postgres: Pick<Postgres, 'orm' | 'sql'> }
export type ChangeWindow = { projectId: string; from: Date; to: Date /** '' for all. */; workflow: string }
/** Finds what changed about a system in a window. */
export type ChangeSource = (stores: Stores, window: ChangeWindow) => Promise<SystemChange[]>

/** Everything that knows of changes: another source is another row. */
const sources: ChangeSource[] = [firstSeen]

const most = 20

/** What changed in the window, newest first. */
export async function listChanges(stores: Stores, window: ChangeWindow): Promise<SystemChange[]> {
  const found = await Promise.all(sources.map(source => source(stores, window)))
  return found
    .flat()
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, most)
}

/** How far back something must not have been seen to be new. */
const memoryMs = 30 * dayMs

/** Versions, models and tools seen for the first time: nothing of them in the thirty days before. */
async function firstSeen(
  { clickhouse }: Stores,
  { projectId, from, to, workflow }: ChangeWindow,
): Promise<SystemChange[]> {
  const rows = await clickhouse.query({
    sql: `
      select fact.1 as kind, fact.2 as name, min(start_time) as first, toUnixTimestamp64Milli(toDateTime64(first, 3, 'UTC')) as at
      from (
        select
          traces.start_time as start_time,
          arrayJoin(arrayConcat(
            if(traces.workflow_version = '', [], [('version', concat(traces.workflow, ' v', traces.workflow_version))]),
            arrayMap(each -> ('model', each), traces.models),
            arrayMap(each -> ('tool', each), traces.tools))) as fact
        from traces
        where project_id = {project:String}
          and hour >= toDateTime({since:UInt32}, 'UTC')
          and hour <= toDateTime({to:UInt32}, 'UTC')
          ${workflow ? 'and traces.workflow = {workflow:String}' : ''}
      )
      group by kind, name
      having first >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
      order by first desc
      limit ${most}`,
    params: {
      project: projectId,
      since: Math.floor((from.getTime() - memoryMs) / 1000),
      to: Math.floor(to.getTime() / 1000),
      from: from.getTime(),
      ...(workflow && { workflow }),
    },
    row: z.object({ kind: z.enum(['version', 'model', 'tool']), name: z.string(), at: z.coerce.number() }),
  })
  return rows.map(({ kind, name, at }) => ({
    at: new Date(at).toISOString(),
    kind: `new ${kind}`,
    what: `${kind === 'version' ? 'workflow version' : kind} ${name} seen for the first time`,
    to: kind === 'version' ? undefined : `traces?${new URLSearchParams({ [kind]: name, range: '30d' })}`,
  }))
}
