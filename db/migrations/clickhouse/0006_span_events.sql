-- Events that came as logs and belong to a span. A span's row is immutable and may come before or after them, so they
-- are joined when it is read. A record that is sent again has the same id.
create table if not exists span_events {{on_cluster}}
(
    project_id LowCardinality(String),
    trace_id String,
    span_id String, -- '' where the record names a trace only
    id String,
    at DateTime64(9, 'UTC') codec(Delta, ZSTD(1)),
    position UInt32, -- its place in the request, which orders records of one moment
    name LowCardinality(String),
    attributes Map(LowCardinality(String), String) codec(ZSTD(1)),
    input String codec(ZSTD(1)), -- what it tells of the span's input and output: all of it, or one message of it
    output String codec(ZSTD(1)),
    is_message UInt8,
    received_at DateTime64(3, 'UTC') default now64(3) codec(Delta, ZSTD(1))
)
engine = {{engine:ReplacingMergeTree}}
partition by toYear(at)
order by (project_id, trace_id, span_id, id)
settings index_granularity = 1024;
