-- The check of `traces` against `spans` asks for what was received lately: older parts are passed over.
alter table spans {{on_cluster}} add index if not exists by_received received_at type minmax granularity 16;
