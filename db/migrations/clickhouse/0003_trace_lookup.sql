-- A trace opened by its bare id finds its hours without reading the ids of all the others.
alter table traces {{on_cluster}} add index if not exists by_trace trace_id type bloom_filter(0.01) granularity 1;
