import type { Postgres } from './postgres.ts'

/** Up to when a recurring work has seen everything; undefined before its first time. */
export async function readMark({ sql }: Pick<Postgres, 'sql'>, name: string): Promise<Date | undefined> {
  const [row] = await sql<{ at: Date }[]>`select at from marks where name = ${name}`
  return row?.at
}

export async function writeMark({ sql }: Pick<Postgres, 'sql'>, name: string, at: Date): Promise<void> {
  await sql`
    insert into marks (name, at) values (${name}, ${at})
    on conflict (name) do update set at = greatest(marks.at, excluded.at)`
}
