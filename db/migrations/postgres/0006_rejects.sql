-- The newest sample of each kind of thing that ingest refused: so many rows a project, each bounded in size, so that
-- whoever sends rubbish fills nothing. How much was refused, and when, is in ClickHouse's ledger.
create table rejects (
  project_id text not null references projects on delete cascade,
  item text not null, -- spans, or requests that were refused whole
  reason text not null,
  client text not null,
  at timestamptz not null,
  detail text not null,
  sample text not null,
  primary key (project_id, item, reason, client)
);
create index rejects_by_time on rejects (project_id, at);
