create table runs (
  id text primary key,
  project_id text not null references projects on delete cascade,
  trace_id text not null unique,
  workflow text not null,
  workflow_version text not null,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'interrupted', 'done', 'error', 'cancelled')),
  input jsonb not null,
  result jsonb,
  error text,
  served_by text check (served_by in ('ai', 'deterministic')),
  served_reason text,
  user_id text,
  session_id text,
  metadata jsonb not null default '{}',
  arms jsonb not null default '{}', -- flag key -> variant, pinned when the run was accepted
  idempotency_key text,
  webhook text,
  attempt integer not null default 0, -- the fence: events and writes of a lower attempt are refused
  queued_because text not null default 'created', -- created, answered, worker stopped, worker lost
  lost_workers integer not null default 0,
  cancel_requested_at timestamptz,
  usage jsonb not null default '{}', -- { inputTokens, outputTokens, calls, estimated, ttftMs }
  root_span_id text,
  paused_ms bigint not null default 0,
  created_at timestamptz not null default now(),
  enqueued_at timestamptz, -- null while no job is known to exist: the sweeper makes one
  started_at timestamptz,
  attempt_started_at timestamptz,
  ended_at timestamptz,
  heartbeat_at timestamptz,
  archived_at timestamptz,
  unique (project_id, idempotency_key)
);
create index runs_newest on runs (project_id, created_at desc);
create index runs_open on runs (project_id, status) where status in ('queued', 'running', 'interrupted');
create index runs_unarchived on runs (ended_at) where ended_at is not null and archived_at is null;

create table run_interrupts (
  run_id text not null references runs on delete cascade,
  interrupt_id text not null,
  value jsonb not null,
  decision jsonb,
  approver text,
  asked_at timestamptz not null default now(),
  answered_at timestamptz,
  primary key (run_id, interrupt_id)
);

-- The live event log while there is no Redis. The head hands out seq (dense, 1..n for each run), refuses attempts below
-- its own (the fence) and everything after the terminal event.
create table run_heads (
  run_id text primary key references runs on delete cascade,
  seq integer not null default 0,
  attempt integer not null default 0,
  ended boolean not null default false
) with (fillfactor = 50);

create table run_events (
  run_id text not null references run_heads on delete cascade,
  seq integer not null,
  event jsonb not null,
  primary key (run_id, seq)
);

-- What the knowledge base search reads. `source` groups one load (a folder), so that loading again replaces it.
create table kb_documents (
  id bigint generated always as identity primary key,
  project_id text references projects on delete cascade, -- null: everyone's (the product's own documentation)
  source text not null,
  path text not null,
  section integer not null,
  title text not null,
  content text not null,
  search tsvector generated always as (
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')
  ) stored,
  loaded_at timestamptz not null default now(),
  unique nulls not distinct (project_id, source, path, section)
);
create index kb_documents_search on kb_documents using gin (search);
