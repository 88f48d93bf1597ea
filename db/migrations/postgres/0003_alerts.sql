-- How each metric of a project stands week over week, as of the last check.
create table alert_states (
  project_id text not null references projects on delete cascade,
  metric text not null,
  state text not null check (state in ('ok', 'pending', 'firing', 'recovering', 'no_data')),
  hits integer not null,
  clears integer not null,
  reason text not null,
  seen jsonb not null,
  checked_at timestamptz not null,
  primary key (project_id, metric)
);

-- One firing episode of a metric.
create table incidents (
  id bigint generated always as identity primary key,
  project_id text not null references projects on delete cascade,
  metric text not null,
  severity text not null check (severity in ('warning', 'page')),
  evidence jsonb not null, -- { current, baseline, relative, low, high, users } when it began
  started_at timestamptz not null,
  ended_at timestamptz,
  ended_reason text
);
create unique index incidents_one_open on incidents (project_id, metric) where ended_at is null;
