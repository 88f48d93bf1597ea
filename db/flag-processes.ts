import { z } from 'zod'
import type { KnownWorkflow } from './flag-schema.ts'
import type { Postgres } from './postgres.ts'

type Sql = Pick<Postgres, 'sql'>
/** A process that keeps flags in memory. `name` is host:pid. */
export type FlagProcess = { id: string; name: string; roles: readonly string[] } & Known
/** What a worker can run: versions of workflows, and providers of models that it has a key for. */
export type Known = { workflows: readonly KnownWorkflow[]; providers: readonly string[] }

/** Not heard of for this long a process counts as gone. */
export const goneAfterMs = 15_000

/** Says that a process is alive; answers the newest version there is. */
export async function beatProcess({ sql }: Sql, process: FlagProcess): Promise<number> {
  const { id, name, roles, workflows, providers } = process
  const [row] = await sql`
    with beat as (
      insert into flag_processes (id, name, roles, workflows, providers)
      values (${id}, ${name}, ${[...roles]}, ${JSON.stringify(workflows)}::text::jsonb, ${[...providers]})
      on conflict (id) do update set seen_at = clock_timestamp()
    ), gone as (
      delete from flag_processes where seen_at < now() - interval '1 hour'
    )
    select coalesce(max(version), 0)::bigint as newest from flag_changes`
  return z.object({ newest: z.coerce.number() }).parse(row).newest
}

/**
 * Notes that a process has all changes up to a version in effect, and how long after each was made; once for each. Those
 * made before the process was there it found at its start.
 */
export async function ackVersions(
  { sql }: Sql,
  { id, name }: Pick<FlagProcess, 'id' | 'name'>,
  { after, upTo, runs }: { after: number; upTo: number; runs: number },
): Promise<void> {
  await sql`
    insert into flag_acks (version, process_id, process_name, after_ms, runs)
    select
      c.version, p.id, ${name},
      extract(epoch from clock_timestamp() - c.at)::float8 * 1000,
      case when c.version = ${upTo} then ${runs}::int else 0 end
    from flag_changes c
    join flag_processes p on p.id = ${id} and p.started_at <= c.at
    where c.version > ${after} and c.version <= ${upTo}
    on conflict do nothing`
}

/** Tells what the process can run by now. */
export async function tellWorkflows({ sql }: Sql, { id, workflows, providers }: FlagProcess): Promise<void> {
  await sql`
    update flag_processes
    set workflows = ${JSON.stringify(workflows)}::text::jsonb, providers = ${[...providers]}
    where id = ${id}`
}

export async function removeProcess({ sql }: Sql, { id }: Pick<FlagProcess, 'id'>): Promise<void> {
  await sql`delete from flag_processes where id = ${id}`
}

const effectOn = z.object({
  name: z.string(),
  roles: z.array(z.string()),
  seenAt: z.date(),
  /** Null while the process has not told that the change is in effect. */
  afterMs: z.number().nullable(),
  runs: z.number().nullable(),
})
export type EffectOn = z.infer<typeof effectOn>

/** How a change took effect: on each process that lives, and the slowest of those that have it. */
export type Effect = {
  version: number
  processes: EffectOn[]
  reached: number
  slowestMs: number | undefined
  runs: number
}

/** A process that was started after the change, and read it at its start, is not counted. */
export async function readEffect({ sql }: Sql, version: number): Promise<Effect> {
  const rows = await sql`
    select p.name, p.roles, p.seen_at as "seenAt", a.after_ms as "afterMs", a.runs
    from flag_processes p
    join flag_changes c on c.version = ${version}
    left join flag_acks a on a.process_id = p.id and a.version = c.version
    where p.seen_at > clock_timestamp() - make_interval(secs => ${goneAfterMs / 1000})
      and (a.version is not null or p.started_at <= c.at)
    order by p.name`
  const processes = z.array(effectOn).parse(rows)
  const acked = processes.flatMap(({ afterMs }) => (afterMs === null ? [] : [afterMs]))
  return {
    version,
    processes,
    reached: acked.length,
    slowestMs: acked.length > 0 ? Math.max(...acked) : undefined,
    runs: processes.reduce((sum, { runs }) => sum + (runs ?? 0), 0),
  }
}

const known = z.object({
  workflows: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      description: z.string(),
      params: z.unknown(),
      prompts: z.record(z.string(), z.string()),
    }),
  ),
  providers: z.array(z.string()),
})

export type Workers = {
  count: number
  /** Each version that some worker can run, and how many can. */
  workflows: (KnownWorkflow & { workers: number })[]
  /** Providers of models for which every worker has a key. */
  providers: string[]
}

/** What the living workers can run. */
export async function readWorkers({ sql }: Sql): Promise<Workers> {
  const rows = await sql`
    select workflows, providers
    from flag_processes
    where 'agent' = any(roles)
      and seen_at > clock_timestamp() - make_interval(secs => ${goneAfterMs / 1000})`
  const workers = z.array(known).parse(rows)
  const byVersion = new Map<string, KnownWorkflow & { workers: number }>()
  for (const { workflows } of workers)
    for (const workflow of workflows) {
      const id = `${workflow.name} ${workflow.version}`
      byVersion.set(id, { ...workflow, workers: (byVersion.get(id)?.workers ?? 0) + 1 })
    }
  const first = workers[0]?.providers ?? []
  return {
    count: workers.length,
    workflows: [...byVersion.values()],
    providers: first.filter(provider => workers.every(({ providers }) => providers.includes(provider))),
  }
}
