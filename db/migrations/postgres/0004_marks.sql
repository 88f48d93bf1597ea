-- Up to when a recurring work has seen everything.
create table if not exists marks (
  name text primary key,
  at timestamptz not null
);
