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
