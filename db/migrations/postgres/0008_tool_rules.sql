-- When the result of a tool counts as empty, where a project says so itself.
create table tool_rules (
  project_id text not null references projects on delete cascade,
  tool text not null,
  rule jsonb not null,
  changed_by text references users on delete set null,
  changed_at timestamptz not null default now(),
  primary key (project_id, tool)
);
