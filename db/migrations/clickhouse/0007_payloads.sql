-- Payloads that are too large for a row of `spans`, once each: a span keeps their beginning and names them by hash.
-- Granules are small, so that reading one payload reads few others.
create table if not exists payloads {{on_cluster}}
(
    project_id LowCardinality(String),
    hash String, -- SHA-256, in hex
    content String codec(ZSTD(3)),
    received_at DateTime('UTC') default now() -- when it was stored last
)
engine = {{engine:ReplacingMergeTree(received_at)}}
order by (project_id, hash)
settings index_granularity = 64, index_granularity_bytes = 1048576;
