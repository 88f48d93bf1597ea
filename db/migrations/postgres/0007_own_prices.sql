-- A project's own prices: rows are never changed but for their end, so a span's price_version names the row it was
-- priced by. One that is withdrawn counts as if it had never been.
alter table prices add column valid_to timestamptz;
alter table prices add column withdrawn_at timestamptz;
alter table prices add column created_by text references users on delete set null;
create index prices_of_project on prices (project_id) where project_id is not null;

-- Costs of a project's spans computed again after a change of prices; one at a time for each project.
create table recomputes (
  id bigint generated always as identity primary key,
  project_id text not null references projects on delete cascade,
  from_at timestamptz not null, -- spans that began from here
  to_at timestamptz not null, -- to here, exclusive
  status text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
  steps_done integer not null default 0,
  steps integer not null default 0,
  changed bigint not null default 0, -- spans
  cost_change_nano_usd bigint not null default 0,
  error text not null default '',
  worker text,
  heartbeat_at timestamptz,
  created_by text references users on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz
);
create unique index one_recompute_of on recomputes (project_id) where status in ('queued', 'running');
create index recomputes_open on recomputes (created_at) where status in ('queued', 'running');
