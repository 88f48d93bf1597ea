-- Flags, segments and AI switches as they are now, each with a history in flag_changes. The AI switch of the whole
-- installation belongs to no project.
create table flag_items (
  id bigint generated always as identity primary key,
  project_id text references projects on delete cascade,
  kind text not null check (kind in ('flag', 'segment', 'ai')),
  key text not null,
  revision integer not null, -- counts its changes from 1; an edit names the revision it was made from
  version bigint not null, -- of its last change
  doc jsonb, -- null: removed
  unique (project_id, kind, key)
);
create unique index flag_items_of_installation on flag_items (kind, key) where project_id is null;
create index flag_items_changed on flag_items (version);

-- One row a change: who, when, why, what before and after. Versions are handed out under a lock, so they are in the order
-- of the commits, and who has seen one has seen all below it.
create table flag_changes (
  version bigint generated always as identity primary key,
  project_id text references projects on delete cascade,
  kind text not null,
  key text not null,
  revision integer not null,
  before jsonb,
  after jsonb,
  made_by text not null check (made_by in ('person', 'ramp')),
  user_id text references users on delete set null,
  why text not null default '',
  numbers jsonb, -- what the ramp decided by
  at timestamptz not null default clock_timestamp()
);
create index flag_changes_of on flag_changes (project_id, kind, key, version desc);

-- The processes that keep flags in memory: since when, last heard of, and what their workers can run.
create table flag_processes (
  id text primary key,
  name text not null, -- host:pid
  roles text[] not null,
  workflows jsonb not null default '[]', -- [{ name, version, description, params, prompts }]
  providers text[] not null default '{}', -- of models that it has a key for
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

-- When each process had a change in effect; milliseconds after it was made, by the database's clock.
create table flag_acks (
  version bigint not null references flag_changes on delete cascade,
  process_id text not null,
  process_name text not null,
  after_ms double precision not null,
  runs integer not null default 0, -- runs at work whose model calls it stopped
  primary key (version, process_id)
);

-- What was last said of a stage of a running ramp.
create table ramp_checks (
  project_id text not null references projects on delete cascade,
  key text not null,
  verdict text not null check (verdict in ('promote', 'hold', 'roll back')),
  reason text not null,
  numbers jsonb,
  at timestamptz not null default clock_timestamp(),
  primary key (project_id, key)
);

-- The configuration a run was decided to have, kept for its life: { version, model, prompts, params, revision, flags }.
alter table runs add column pinned jsonb not null default '{}';
create index runs_of_session on runs (project_id, session_id, created_at) where session_id is not null;

-- A client key may stand in a page: it evaluates the flags that are public, and sends feedback.
alter table api_keys add column audience text not null default 'server' check (audience in ('server', 'client'));
