import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { Lane, Severity } from './domain/alert-rule.ts'
import { alertStates as stateNames } from './domain/alerts.ts'
import type { ChannelConfig, ChannelKind, QuietHours, Route } from './domain/channels.ts'
import type { Evidence, Told } from './domain/incident.ts'
import type { MetricId } from './domain/metrics.ts'
import type { Matcher, Weekly } from './domain/silences.ts'
import type { TraceFilters } from './domain/trace-filters.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })
const severity = (name: string) => text(name).$type<Severity>().notNull()

export const alertRules = pgTable('alert_rules', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  metric: text('metric').$type<MetricId>().notNull(),
  filters: jsonb('filters').$type<TraceFilters>().notNull().default({}),
  eachWorkflow: boolean('each_workflow').notNull().default(false),
  windowHours: integer('window_hours').notNull(),
  everyHours: integer('every_hours').notNull(),
  latenessMinutes: integer('lateness_minutes').notNull(),
  threshold: doublePrecision('threshold').notNull(),
  floor: doublePrecision('floor').notNull().default(0),
  minUsers: integer('min_users').notNull(),
  minEvents: integer('min_events').notNull(),
  severity: severity('severity'),
  fastLane: boolean('fast_lane').notNull().default(true),
  standardiseBy: text('standardise_by', { enum: ['', 'workflow', 'version', 'model', 'variant'] })
    .notNull()
    .default(''),
  channels: jsonb('channels').$type<string[]>().notNull().default([]),
  enabled: boolean('enabled').notNull().default(true),
  builtIn: boolean('built_in').notNull().default(false),
  revision: integer('revision').notNull().default(1),
  createdBy: text('created_by'),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
})

export const alertStates = pgTable(
  'alert_states',
  {
    projectId: text('project_id').notNull(),
    ruleId: text('rule_id').notNull(),
    scope: text('scope').notNull(),
    lane: text('lane').$type<Lane>().notNull(),
    state: text('state', { enum: stateNames }).notNull(),
    hits: integer('hits').notNull(),
    clears: integer('clears').notNull(),
    open: boolean('open').notNull(),
    severity: severity('severity'),
    since: moment('since').notNull(),
    endedAt: moment('ended_at'),
    lookedTo: moment('looked_to').notNull(),
    reason: text('reason').notNull(),
    seen: jsonb('seen').$type<Partial<Evidence>>().notNull(),
    checkedAt: moment('checked_at').notNull(),
  },
  table => [primaryKey({ columns: [table.ruleId, table.scope, table.lane] })],
)

export const incidents = pgTable('incidents', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id').notNull(),
  ruleId: text('rule_id'),
  ruleName: text('rule_name').notNull(),
  metric: text('metric').$type<MetricId>().notNull(),
  filters: jsonb('filters').$type<TraceFilters>().notNull().default({}),
  scope: text('scope').notNull(),
  lane: text('lane').$type<Lane>().notNull(),
  severity: severity('severity'),
  state: text('state', { enum: ['firing', 'recovering', 'no_data', 'untrusted', 'resolved'] }).notNull(),
  evidence: jsonb('evidence').$type<Evidence>().notNull(),
  channels: jsonb('channels').$type<string[]>().notNull().default([]),
  startedAt: moment('started_at').notNull(),
  endedAt: moment('ended_at'),
  endedReason: text('ended_reason'),
  events: integer('events').notNull().default(0),
  told: boolean('told').notNull().default(false),
  toldSeverity: text('told_severity', { enum: ['warning', 'page'] }),
  acknowledgedAt: moment('acknowledged_at'),
  acknowledgedBy: text('acknowledged_by'),
  parentId: bigint('parent_id', { mode: 'number' }),
})

export const incidentEvents = pgTable(
  'incident_events',
  {
    incidentId: bigint('incident_id', { mode: 'number' }).notNull(),
    n: integer('n').notNull(),
    kind: text('kind').notNull(),
    reason: text('reason').notNull(),
    untold: text('untold'),
    userId: text('user_id'),
    at: moment('at').notNull(),
  },
  table => [primaryKey({ columns: [table.incidentId, table.n] })],
)

export const alertSilences = pgTable('alert_silences', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id').notNull(),
  matcher: jsonb('matcher').$type<Matcher>().notNull(),
  startsAt: moment('starts_at').notNull(),
  endsAt: moment('ends_at'),
  weekly: jsonb('weekly').$type<Weekly>(),
  comment: text('comment').notNull().default(''),
  createdBy: text('created_by'),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const alertBacktests = pgTable('alert_backtests', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  rule: jsonb('rule').$type<unknown>().notNull(),
  status: text('status', { enum: ['queued', 'running', 'done', 'failed'] })
    .notNull()
    .default('queued'),
  done: integer('done').notNull().default(0),
  total: integer('total').notNull().default(0),
  result: jsonb('result').$type<unknown>(),
  error: text('error'),
  takenUntil: moment('taken_until').notNull().defaultNow(),
  createdBy: text('created_by'),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const alertChannels = pgTable('alert_channels', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  kind: text('kind').$type<ChannelKind>().notNull(),
  config: jsonb('config').$type<ChannelConfig>().notNull(),
  sealed: text('sealed').notNull(),
  route: jsonb('route').$type<Route>().notNull(),
  quiet: jsonb('quiet').$type<QuietHours>(),
  enabled: boolean('enabled').notNull().default(true),
  broken: text('broken'),
  createdBy: text('created_by'),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
})

export const outbox = pgTable('outbox', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  lane: text('lane').notNull(),
  kind: text('kind', { enum: ['incident', 'test', 'run'] }).notNull(),
  channelId: text('channel_id'),
  incidentId: bigint('incident_id', { mode: 'number' }),
  event: integer('event'),
  runId: text('run_id'),
  page: boolean('page').notNull().default(false),
  message: jsonb('message').$type<Told | Record<string, never>>().notNull().default({}),
  digest: text('digest'),
  createdAt: moment('created_at').notNull().defaultNow(),
  dueAt: moment('due_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
  attempts: integer('attempts').notNull().default(0),
  doneAt: moment('done_at'),
  status: text('status', { enum: ['waiting', 'sent', 'failed'] })
    .notNull()
    .default('waiting'),
  error: text('error'),
  receipt: jsonb('receipt').$type<Record<string, string>>(),
})
