import {
  bigint,
  boolean,
  customType,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { Pinned } from './domain/flags/arm.ts'
import { storableJson, storableText } from './domain/json.ts'
import { runStatuses } from './domain/run.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })
/** What tools, models and people said may hold what Postgres refuses. */
const said = customType<{ data: string }>({ dataType: () => 'text', toDriver: storableText })
/** Drizzle's own column would read a text a second time: what was said as "42" or "null" must not come back as another value. */
const saidJson = customType<{ data: unknown; driverData: string }>({ dataType: () => 'jsonb', toDriver: storableJson })
const createdAt = () => moment('created_at').notNull().defaultNow()
const updatedAt = () => moment('updated_at').notNull().defaultNow()

export const users = pgTable('users', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export const authSessions = pgTable('auth_sessions', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  token: text('token').notNull().unique(),
  expiresAt: moment('expires_at').notNull(),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export const authAccounts = pgTable('auth_accounts', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  accountId: text('account_id').notNull(),
  providerId: text('provider_id').notNull(),
  accessToken: text('access_token'),
  refreshToken: text('refresh_token'),
  idToken: text('id_token'),
  accessTokenExpiresAt: moment('access_token_expires_at'),
  refreshTokenExpiresAt: moment('refresh_token_expires_at'),
  scope: text('scope'),
  password: text('password'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export const authVerifications = pgTable('auth_verifications', {
  id: text('id').primaryKey(),
  identifier: text('identifier').notNull(),
  value: text('value').notNull(),
  expiresAt: moment('expires_at').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

export const projects = pgTable('projects', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  settings: jsonb('settings').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: createdAt(),
})

export const members = pgTable(
  'members',
  {
    projectId: text('project_id').notNull(),
    userId: text('user_id').notNull(),
    role: text('role', { enum: ['owner', 'admin', 'member', 'viewer'] }).notNull(),
    createdAt: createdAt(),
  },
  table => [primaryKey({ columns: [table.projectId, table.userId] })],
)

export const invites = pgTable('invites', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  email: text('email').notNull(),
  role: text('role', { enum: ['owner', 'admin', 'member', 'viewer'] }).notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  invitedBy: text('invited_by'),
  createdAt: createdAt(),
  expiresAt: moment('expires_at').notNull(),
})

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  name: text('name').notNull(),
  publicId: text('public_id').notNull().unique(),
  secretHash: text('secret_hash').notNull().unique(),
  hint: text('hint').notNull(),
  audience: text('audience', { enum: ['server', 'client'] })
    .notNull()
    .default('server'),
  createdBy: text('created_by'),
  createdAt: createdAt(),
  lastUsedAt: moment('last_used_at'),
  revokedAt: moment('revoked_at'),
})

export const instance = pgTable('instance', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
  updatedAt: updatedAt(),
})

export const auditLog = pgTable('audit_log', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id'),
  userId: text('user_id'),
  action: text('action').notNull(),
  subject: text('subject').notNull().default(''),
  detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
  at: moment('at').notNull().defaultNow(),
})

export const priceProviders = pgTable(
  'price_providers',
  {
    version: text('version').notNull(),
    provider: text('provider').notNull(),
    position: integer('position').notNull(),
    providerMatch: jsonb('provider_match').$type<unknown>(),
    modelMatch: jsonb('model_match').$type<unknown>(),
    fallbacks: jsonb('fallbacks').$type<string[]>().notNull().default([]),
  },
  table => [primaryKey({ columns: [table.version, table.provider] })],
)

export const prices = pgTable('prices', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id'),
  version: text('version').notNull(),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  position: integer('position').notNull().default(0),
  pattern: jsonb('pattern').$type<unknown>().notNull(),
  validFrom: moment('valid_from'),
  hours: jsonb('hours').$type<unknown>(),
  inputPerMillion: numeric('input_per_million'),
  outputPerMillion: numeric('output_per_million'),
  cacheReadPerMillion: numeric('cache_read_per_million'),
  cacheWritePerMillion: numeric('cache_write_per_million'),
  cacheWrite1hPerMillion: numeric('cache_write_1h_per_million'),
  inputAudioPerMillion: numeric('input_audio_per_million'),
  reasoningPerMillion: numeric('reasoning_per_million'),
  outputAudioPerMillion: numeric('output_audio_per_million'),
  perThousandRequests: numeric('per_thousand_requests'),
  tiers: jsonb('tiers').$type<unknown>().notNull().default([]),
  createdAt: createdAt(),
})

export type QueuedBecause = 'created' | 'answered' | 'worker stopped' | 'worker lost'

/** Sums over the run's model calls; `ttftMs` is the time from the request to the first visible token. */
export type RunUsage = {
  inputTokens?: number
  outputTokens?: number
  calls?: number
  estimated?: boolean
  ttftMs?: number
}

export const runs = pgTable('runs', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull(),
  traceId: text('trace_id').notNull().unique(),
  workflow: text('workflow').notNull(),
  workflowVersion: text('workflow_version').notNull(),
  status: text('status', { enum: runStatuses }).notNull().default('queued'),
  input: saidJson('input').$type<unknown>().notNull(),
  result: saidJson('result').$type<unknown>(),
  error: said('error'),
  servedBy: text('served_by', { enum: ['ai', 'deterministic'] }),
  servedReason: said('served_reason'),
  userId: text('user_id'),
  sessionId: text('session_id'),
  metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
  arms: jsonb('arms').$type<Record<string, string>>().notNull().default({}),
  pinned: jsonb('pinned').$type<Pinned>().notNull().default({}),
  idempotencyKey: text('idempotency_key'),
  webhook: text('webhook'),
  attempt: integer('attempt').notNull().default(0),
  queuedBecause: text('queued_because').$type<QueuedBecause>().notNull().default('created'),
  lostWorkers: integer('lost_workers').notNull().default(0),
  cancelRequestedAt: moment('cancel_requested_at'),
  usage: jsonb('usage').$type<RunUsage>().notNull().default({}),
  rootSpanId: text('root_span_id'),
  pausedMs: bigint('paused_ms', { mode: 'number' }).notNull().default(0),
  createdAt: createdAt(),
  enqueuedAt: moment('enqueued_at'),
  startedAt: moment('started_at'),
  attemptStartedAt: moment('attempt_started_at'),
  endedAt: moment('ended_at'),
  heartbeatAt: moment('heartbeat_at'),
  archivedAt: moment('archived_at'),
})

export const runInterrupts = pgTable(
  'run_interrupts',
  {
    runId: text('run_id').notNull(),
    interruptId: text('interrupt_id').notNull(),
    value: saidJson('value').$type<unknown>().notNull(),
    decision: saidJson('decision').$type<unknown>(),
    approver: text('approver'),
    askedAt: moment('asked_at').notNull().defaultNow(),
    answeredAt: moment('answered_at'),
  },
  table => [primaryKey({ columns: [table.runId, table.interruptId] })],
)

export const kbDocuments = pgTable('kb_documents', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: text('project_id'),
  source: text('source').notNull(),
  path: text('path').notNull(),
  section: integer('section').notNull(),
  title: text('title').notNull(),
  content: text('content').notNull(),
  loadedAt: moment('loaded_at').notNull().defaultNow(),
})
