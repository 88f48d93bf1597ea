-- What models have cost, or may still cost, on one UTC day: a project's runs together, and those of each of its users.
create table budget_days (
  project_id text not null references projects on delete cascade,
  day date not null,
  user_id text not null, -- '' is the whole project
  nano_usd bigint not null default 0, -- settled calls at their cost, all others at the most they can cost
  primary key (project_id, day, user_id)
) with (fillfactor = 50);

-- Calls that are not settled. Their amounts are in `budget_days` already; after `reserved_until` nobody is expected to
-- settle them, and they count as spent.
create table budget_reservations (
  id bigint primary key generated always as identity,
  project_id text not null,
  day date not null,
  user_id text not null, -- '' for a run without a user
  nano_usd bigint not null,
  reserved_until timestamptz not null,
  foreign key (project_id, day, user_id) references budget_days on delete cascade
);
create index budget_reservations_day on budget_reservations (project_id, day, user_id);
