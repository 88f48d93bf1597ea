import { expect, it } from 'vitest'
import { expand, readMigrations, statements } from '../../../db/migrate.ts'

const ddl = 'create table spans {{on_cluster}} (a String)\nengine = {{engine:ReplacingMergeTree(version)}} order by a;'

it('expands to plain engines without a cluster', () => {
  expect(expand(ddl)).toBe('create table spans  (a String)\nengine = ReplacingMergeTree(version) order by a;')
  expect(expand('engine = {{engine:MergeTree}}')).toBe('engine = MergeTree')
})

it('expands to replicated engines on a cluster', () => {
  expect(expand(ddl, 'main')).toBe(
    'create table spans on cluster "main" (a String)\n' +
      "engine = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version) order by a;",
  )
  expect(expand('{{engine:MergeTree}}', 'main')).toBe(
    "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
  )
})

it('splits statements at semicolons that end a line, past comments', () => {
  const text = "-- first; not a statement\nselect 'a;b';\n\nselect\n  2; \n-- end\n"
  expect(statements(text)).toEqual(["select 'a;b'", 'select\n  2'])
})

it.each(['postgres', 'clickhouse'] as const)('numbers the migrations of %s without gaps or twins', store => {
  const numbers = readMigrations(store).map(({ name }) => Number(name.slice(0, 4)))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

it.each([undefined, 'main'])('leaves no placeholder behind (cluster %s)', cluster => {
  for (const { text } of readMigrations('clickhouse')) expect(expand(text, cluster)).not.toMatch(/\{\{|\}\}/)
})
