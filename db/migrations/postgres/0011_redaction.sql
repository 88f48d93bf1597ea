-- What a project never stores: it is replaced before anything is written.
create table redaction_rules (
  project_id text primary key references projects on delete cascade,
  rules jsonb not null,
  version integer not null,
  changed_by text references users on delete set null,
  changed_at timestamptz not null default now()
);
