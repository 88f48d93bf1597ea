-- Negative feedback that somebody has dealt with. Feedback that comes after `done_at` opens the trace again.
create table inbox_done (
  project_id text not null references projects on delete cascade,
  trace_id text not null,
  done_at timestamptz not null default now(),
  done_by text references users on delete set null,
  primary key (project_id, trace_id)
);
