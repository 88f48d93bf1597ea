-- One row a signal; a later one with the same id replaces it (read with final: signals are few).
create table if not exists signals {{on_cluster}}
(
    project_id LowCardinality(String),
    trace_id String,
    id String,
    span_id String,
    run_id String,
    session_id String,
    user_id String,
    kind LowCardinality(String),
    value Float64, -- nan when the kind has none
    polarity Int8, -- -1, 0, 1 by the project's thresholds when it came
    action LowCardinality(String),
    comment String codec(ZSTD(1)),
    labels Map(LowCardinality(String), String) codec(ZSTD(1)),
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    received_at DateTime64(3, 'UTC') default now64(3)
)
engine = {{engine:ReplacingMergeTree(received_at)}}
order by (project_id, trace_id, id)
settings index_granularity = 1024;

-- What arrived and what became of it, by project and hour.
create table if not exists ledger {{on_cluster}}
(
    project_id LowCardinality(String),
    hour DateTime('UTC'),
    item LowCardinality(String), -- spans, logs, metrics, signals
    outcome LowCardinality(String), -- received, stored, duplicate, rejected
    reason LowCardinality(String),
    client LowCardinality(String),
    count SimpleAggregateFunction(sum, UInt64),
    bytes SimpleAggregateFunction(sum, UInt64),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
engine = {{engine:AggregatingMergeTree}}
order by (project_id, hour, item, outcome, reason, client)
settings non_replicated_deduplication_window = 1000;

-- Events of ended runs, moved here from the live event log.
create table if not exists run_events {{on_cluster}}
(
    project_id LowCardinality(String),
    run_id String,
    seq UInt32,
    at DateTime64(3, 'UTC'),
    type LowCardinality(String),
    event String codec(ZSTD(3))
)
engine = {{engine:ReplacingMergeTree}}
partition by toYYYYMM(at)
order by (project_id, run_id, seq)
settings index_granularity = 1024;
