import { bigint, doublePrecision, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { itemKinds } from './domain/flags/item.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

export const flagItems = pgTable('flag_items', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id'),
  kind: text('kind', { enum: itemKinds }).notNull(),
  key: text('key').notNull(),
  revision: integer('revision').notNull(),
  version: bigint('version', { mode: 'number' }).notNull(),
  doc: jsonb('doc').$type<unknown>(),
})

export const flagChanges = pgTable('flag_changes', {
  version: bigint('version', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id'),
  kind: text('kind', { enum: itemKinds }).notNull(),
  key: text('key').notNull(),
  revision: integer('revision').notNull(),
  before: jsonb('before').$type<unknown>(),
  after: jsonb('after').$type<unknown>(),
  madeBy: text('made_by', { enum: ['person', 'ramp'] }).notNull(),
  userId: text('user_id'),
  why: text('why').notNull().default(''),
  numbers: jsonb('numbers').$type<Record<string, unknown>>(),
  at: moment('at').notNull(),
})

/** What a process tells of a workflow version that it can run; `params` is a JSON Schema. */
export type KnownWorkflow = {
  name: string
  version: string
  description: string
  params: unknown
  prompts: Record<string, string>
}

export const flagProcesses = pgTable('flag_processes', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  roles: text('roles').array().notNull(),
  workflows: jsonb('workflows').$type<KnownWorkflow[]>().notNull().default([]),
  providers: text('providers').array().notNull().default([]),
  startedAt: moment('started_at').notNull(),
  seenAt: moment('seen_at').notNull(),
})

export const flagAcks = pgTable(
  'flag_acks',
  {
    version: bigint('version', { mode: 'number' }).notNull(),
    processId: text('process_id').notNull(),
    processName: text('process_name').notNull(),
    afterMs: doublePrecision('after_ms').notNull(),
    runs: integer('runs').notNull().default(0),
  },
  table => [primaryKey({ columns: [table.version, table.processId] })],
)

export const rampChecks = pgTable(
  'ramp_checks',
  {
    projectId: text('project_id').notNull(),
    key: text('key').notNull(),
    verdict: text('verdict', { enum: ['promote', 'hold', 'roll back'] }).notNull(),
    reason: text('reason').notNull(),
    numbers: jsonb('numbers').$type<Record<string, unknown>>(),
    at: moment('at').notNull().defaultNow(),
  },
  table => [primaryKey({ columns: [table.projectId, table.key] })],
)
