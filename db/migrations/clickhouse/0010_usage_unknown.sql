-- Model calls that answered and tell no tokens, as a stream does that was not asked for them: what they cost comes on top.
-- Of what was stored before, none are counted until its hour is checked again.
alter table traces {{on_cluster}} add column if not exists usage_unknown SimpleAggregateFunction(sum, UInt64);

alter table traces_from_spans {{on_cluster}} modify query
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
    countIf(kind in ('llm', 'embedding') and cost_source = 'unknown' and status != 'error' and spans.input_tokens = 0 and spans.output_tokens = 0) as usage_unknown,
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
    max(if(parent_span_id = '', toFloat64OrZero(attributes['davylamp.paused_ms']), 0)) as paused_ms,
    countIf(status = 'interrupted') as interrupted_count,
    max(if(parent_span_id = '', name, '')) as root_name,
    max(if(parent_span_id = '', status, '')) as root_status,
    max(if(parent_span_id = '', toUnixTimestamp64Nano(spans.end_time) - toUnixTimestamp64Nano(spans.start_time), 0)) as root_duration_ns,
    max(if(parent_span_id = '', substringUTF8(multiIf(
        position(input, '{"role":"user"') > 0, concat('[{"role":"user"', splitByString('{"role":"user"', input)[-1]),
        position(input, '{"role": "user"') > 0, concat('[{"role": "user"', splitByString('{"role": "user"', input)[-1]),
        input), 1, 300), '')) as root_input,
    max(if(parent_span_id = '', substringUTF8(output, 1, 300), '')) as root_output
from spans
group by project_id, hour, trace_id;
