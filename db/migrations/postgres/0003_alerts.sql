-- What is watched. Ten rules come with each project (built_in); people add their own.
create table alert_rules (
  id text primary key,
  project_id text not null references projects on delete cascade,
  name text not null check (name <> ''),
  metric text not null,
  filters jsonb not null default '{}',
  each_workflow boolean not null default false, -- stands for one rule on each workflow seen
  window_hours integer not null check (window_hours between 1 and 1344),
  every_hours integer not null check (every_hours between 1 and 168), -- how far the window moves between two looks
  lateness_minutes integer not null check (lateness_minutes between 0 and 2880),
  threshold double precision not null check (threshold > 0), -- relative change in the worse direction
  floor double precision not null default 0 check (floor >= 0), -- least absolute change, in the metric's unit
  min_users integer not null check (min_users >= 1),
  min_events integer not null check (min_events >= 1),
  severity text not null check (severity in ('warning', 'page')), -- the most it may become
  fast_lane boolean not null default true,
  standardise_by text not null default '' check (standardise_by in ('', 'workflow', 'version', 'model', 'variant')),
  channels jsonb not null default '[]', -- ids; none means every channel whose route takes it
  enabled boolean not null default true,
  built_in boolean not null default false,
  revision integer not null default 1,
  created_by text references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index alert_rules_of on alert_rules (project_id);

-- How each rule stands: one row for each workflow it stands for (scope, '' for the project), and lane.
create table alert_states (
  project_id text not null references projects on delete cascade,
  rule_id text not null references alert_rules on delete cascade,
  scope text not null,
  lane text not null check (lane in ('week', 'hour')),
  state text not null check (state in ('ok', 'pending', 'firing', 'recovering', 'resolved', 'no_data', 'untrusted')),
  hits integer not null,
  clears integer not null,
  open boolean not null,
  severity text not null check (severity in ('warning', 'page')),
  since timestamptz not null, -- when it came into this state
  ended_at timestamptz, -- when its last incident was resolved
  looked_to timestamptz not null, -- the end of the window it last looked at: each is looked at once
  reason text not null,
  seen jsonb not null, -- the numbers of the last look
  checked_at timestamptz not null,
  primary key (rule_id, scope, lane)
);
create index alert_states_of on alert_states (project_id);

-- One firing episode of a rule.
create table incidents (
  id bigint generated always as identity primary key,
  project_id text not null references projects on delete cascade,
  rule_id text references alert_rules on delete set null,
  rule_name text not null,
  metric text not null,
  filters jsonb not null default '{}',
  scope text not null,
  lane text not null,
  severity text not null check (severity in ('warning', 'page')),
  state text not null check (state in ('firing', 'recovering', 'no_data', 'untrusted', 'resolved')),
  evidence jsonb not null,
  channels jsonb not null default '[]',
  started_at timestamptz not null,
  ended_at timestamptz,
  ended_reason text,
  events integer not null default 0, -- how many of its events there are
  told boolean not null default false, -- whether anybody was told that it began
  told_severity text, -- as what they were last told of it
  acknowledged_at timestamptz,
  acknowledged_by text references users on delete set null,
  parent_id bigint references incidents on delete set null -- the project-wide incident that it is part of
);
create unique index incidents_one_open on incidents (rule_id, scope, lane) where ended_at is null;
create index incidents_newest on incidents (project_id, started_at desc);

-- What happened to an incident, in order, each with its reason.
create table incident_events (
  incident_id bigint not null references incidents on delete cascade,
  n integer not null,
  kind text not null, -- opened, escalated, recovering, relapsed, no_data, untrusted, resolved, reopened, told, acknowledged, acted
  reason text not null,
  untold text, -- why nobody was told of it
  user_id text references users on delete set null,
  at timestamptz not null,
  primary key (incident_id, n)
);

-- Times in which what matches is not told: once, or every week.
create table alert_silences (
  id bigint generated always as identity primary key,
  project_id text not null references projects on delete cascade,
  matcher jsonb not null, -- { metric, workflow, ruleId, severity }, each optional
  starts_at timestamptz not null,
  ends_at timestamptz, -- null: until it is lifted (weekly ones)
  weekly jsonb, -- { days, from, to, zone }: a mute window
  comment text not null default '',
  created_by text references users on delete set null,
  created_at timestamptz not null default now()
);
create index alert_silences_of on alert_silences (project_id);

-- A rule tried on the project's history before it is saved.
create table alert_backtests (
  id text primary key,
  project_id text not null references projects on delete cascade,
  rule jsonb not null,
  status text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
  done integer not null default 0,
  total integer not null default 0,
  result jsonb,
  error text,
  taken_until timestamptz not null default now(), -- a worker that dies gives it up by this moment
  created_by text references users on delete set null,
  created_at timestamptz not null default now()
);
create index alert_backtests_open on alert_backtests (taken_until) where status in ('queued', 'running');

-- Where messages go. What may be seen is in config, what may not is sealed.
create table alert_channels (
  id text primary key,
  project_id text not null references projects on delete cascade,
  name text not null check (name <> ''),
  kind text not null check (kind in ('slack', 'email', 'webhook', 'pagerduty')),
  config jsonb not null,
  sealed text not null,
  route jsonb not null default '{}', -- { severities, workflows, metrics }: empty lists take all
  quiet jsonb, -- { from, to, zone }: only pages go through
  enabled boolean not null default true,
  broken text, -- why we stopped sending: it answered that it is gone
  created_by text references users on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index alert_channels_of on alert_channels (project_id);

-- One destination: its messages go one after the other. Taken by a worker until next_at, which it sets to the moment the
-- next message may go when it is done; a worker that dies thus gives it up by itself.
create table outbox_lanes (
  lane text primary key,
  next_at timestamptz not null default now()
);

-- Messages to be sent, written in the transaction of what they tell. The id is what the receiver knows a message by.
create table outbox (
  id text primary key,
  project_id text not null references projects on delete cascade,
  lane text not null references outbox_lanes,
  kind text not null check (kind in ('incident', 'test', 'run')),
  channel_id text references alert_channels on delete cascade,
  incident_id bigint references incidents on delete cascade,
  event integer, -- n of the incident's event
  run_id text references runs on delete cascade,
  page boolean not null default false, -- goes through quiet hours
  message jsonb not null default '{}', -- what was known when it was written
  digest text, -- the id of the digest that it goes with
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  expires_at timestamptz not null, -- tried until then
  attempts integer not null default 0,
  done_at timestamptz,
  status text not null default 'waiting' check (status in ('waiting', 'sent', 'failed')),
  error text,
  receipt jsonb, -- what the receiver gave back, to find the message again
  unique (incident_id, event, channel_id)
);
create index outbox_due on outbox (lane, due_at) where done_at is null;
create index outbox_of on outbox (incident_id);
create index outbox_of_run on outbox (run_id) where run_id is not null;
