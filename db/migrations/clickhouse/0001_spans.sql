-- One row a span, immutable. Ingest looks up the ids of a block before it inserts it, so a span is stored once;
-- where two ingest processes race with the same retry, ReplacingMergeTree drops the second copy at the next merge.
-- No column names a codec: the server's configuration compresses small parts, which are soon merged, with LZ4 and large
-- ones with ZSTD. A part of one insert is one file, as the many files of a wide one cost more than its rows.
create table if not exists spans {{on_cluster}}
(
    project_id LowCardinality(String),
    trace_id String,
    span_id String,
    parent_span_id String,
    name LowCardinality(String),
    kind LowCardinality(String),
    start_time DateTime64(9, 'UTC') codec(Delta, Default),
    end_time DateTime64(9, 'UTC') codec(Delta, Default),
    status LowCardinality(String),
    status_message String,
    service LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    mapped_by LowCardinality(String),
    session_id String,
    user_id String,
    conversation_id String,
    workflow LowCardinality(String),
    workflow_version LowCardinality(String),
    run_id String,
    serving LowCardinality(String),
    feature_flags Map(LowCardinality(String), String),
    tags Array(LowCardinality(String)),
    provider LowCardinality(String),
    model_requested LowCardinality(String),
    model LowCardinality(String),
    params String,
    input String,
    output String,
    input_tokens UInt32,
    output_tokens UInt32,
    cache_read_tokens UInt32,
    cache_write_tokens UInt32,
    reasoning_tokens UInt32,
    cost_nano_usd Int64,
    cost_source LowCardinality(String),
    price_version LowCardinality(String),
    ttft_ms Float64, -- -1 when not told
    finish_reasons Array(LowCardinality(String)),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    tool_name LowCardinality(String),
    tool_call_id String,
    tool_arguments String,
    tool_result String,
    tool_outcome LowCardinality(String),
    attributes Map(LowCardinality(String), String),
    resource LowCardinality(String), -- JSON object of JSON texts by key: few are distinct
    events String, -- JSON array of { name, timeNs, attributes }
    links String, -- JSON array of { traceId, spanId, attributes }
    dropped_attributes UInt32,
    dropped_events UInt32,
    dropped_links UInt32,
    clock_flags Array(LowCardinality(String)),
    received_at DateTime64(3, 'UTC') default now64(3) codec(Delta, Default),

    index by_trace trace_id type bloom_filter(0.01) granularity 1,
    index by_span span_id type bloom_filter(0.01) granularity 1,
    index by_session session_id type bloom_filter(0.01) granularity 1,
    index by_user user_id type bloom_filter(0.01) granularity 1
)
engine = {{engine:ReplacingMergeTree}}
partition by toYYYYMM(start_time)
order by (project_id, toStartOfMinute(start_time), trace_id, span_id)
settings
    index_granularity = 1024,
    min_bytes_for_wide_part = 134217728,
    ratio_of_defaults_for_sparse_serialization = 1,
    non_replicated_deduplication_window = 1000;

-- One row a trace and hour of its spans: what lists and metrics read. A text that only some spans carry
-- (session, user, workflow) is the greatest non-empty one, so the order of arrival does not matter.
create table if not exists traces {{on_cluster}}
(
    project_id LowCardinality(String),
    hour DateTime('UTC'),
    trace_id String,
    start_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    end_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    span_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    llm_count SimpleAggregateFunction(sum, UInt64),
    tool_count SimpleAggregateFunction(sum, UInt64),
    tool_failed SimpleAggregateFunction(sum, UInt64),
    tool_empty SimpleAggregateFunction(sum, UInt64),
    input_tokens SimpleAggregateFunction(sum, UInt64),
    output_tokens SimpleAggregateFunction(sum, UInt64),
    cost_nano_usd SimpleAggregateFunction(sum, Int64),
    cost_unknown SimpleAggregateFunction(sum, UInt64), -- leaf model calls without a known price
    ttft_ms SimpleAggregateFunction(max, Float64), -- of the root, -1 when not told
    session_id SimpleAggregateFunction(max, String),
    user_id SimpleAggregateFunction(max, String),
    workflow SimpleAggregateFunction(max, String),
    workflow_version SimpleAggregateFunction(max, String),
    run_id SimpleAggregateFunction(max, String),
    serving SimpleAggregateFunction(max, String),
    environment SimpleAggregateFunction(max, String),
    release SimpleAggregateFunction(max, String),
    service SimpleAggregateFunction(max, String),
    feature_flags SimpleAggregateFunction(groupUniqArrayArray, Array(String)), -- key=variant
    tags SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    models SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    tools SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    has_root SimpleAggregateFunction(max, UInt8),
    root_name SimpleAggregateFunction(max, String),
    root_status SimpleAggregateFunction(max, String),
    root_duration_ns SimpleAggregateFunction(max, Int64),
    root_input SimpleAggregateFunction(max, String), -- first 300 characters
    root_output SimpleAggregateFunction(max, String)
)
engine = {{engine:AggregatingMergeTree}}
partition by toYYYYMM(hour)
order by (project_id, hour, trace_id)
settings index_granularity = 1024, non_replicated_deduplication_window = 1000;

create materialized view if not exists traces_from_spans {{on_cluster}} to traces as
select
    project_id,
    toStartOfHour(spans.start_time) as hour,
    trace_id,
    min(spans.start_time) as start_time,
    max(spans.end_time) as end_time,
    count() as span_count,
    countIf(status = 'error') as error_count,
    countIf(kind = 'llm') as llm_count,
    countIf(kind = 'tool') as tool_count,
    countIf(tool_outcome = 'error') as tool_failed,
    countIf(tool_outcome = 'empty') as tool_empty,
    sumIf(spans.input_tokens, kind in ('llm', 'embedding')) as input_tokens,
    sumIf(spans.output_tokens, kind in ('llm', 'embedding')) as output_tokens,
    sumIf(spans.cost_nano_usd, kind in ('llm', 'embedding')) as cost_nano_usd,
    countIf(kind in ('llm', 'embedding') and cost_source = 'unknown' and (spans.input_tokens > 0 or spans.output_tokens > 0)) as cost_unknown,
    max(if(parent_span_id = '', spans.ttft_ms, -1)) as ttft_ms,
    max(spans.session_id) as session_id,
    max(spans.user_id) as user_id,
    max(spans.workflow) as workflow,
    max(spans.workflow_version) as workflow_version,
    max(spans.run_id) as run_id,
    max(spans.serving) as serving,
    max(spans.environment) as environment,
    max(spans.release) as release,
    max(spans.service) as service,
    groupUniqArrayArray(arrayMap((k, v) -> concat(k, '=', v), mapKeys(spans.feature_flags), mapValues(spans.feature_flags))) as feature_flags,
    groupUniqArrayArray(spans.tags) as tags,
    groupUniqArrayIf(model, model != '' and kind in ('llm', 'embedding')) as models,
    groupUniqArrayIf(tool_name, tool_name != '' and kind = 'tool') as tools,
    max(parent_span_id = '') as has_root,
    max(if(parent_span_id = '', name, '')) as root_name,
    max(if(parent_span_id = '', status, '')) as root_status,
    max(if(parent_span_id = '', toUnixTimestamp64Nano(spans.end_time) - toUnixTimestamp64Nano(spans.start_time), 0)) as root_duration_ns,
    max(if(parent_span_id = '', substringUTF8(input, 1, 300), '')) as root_input,
    max(if(parent_span_id = '', substringUTF8(output, 1, 300), '')) as root_output
from spans
group by project_id, hour, trace_id;
