import { availableParallelism, totalmem } from 'node:os'

/** What every query starts from, and is brought back to after a query that had settings of its own. */
export function baseSettings(memoryBytes: number): Record<string, string> {
  return {
    max_execution_time: '60',
    max_memory_usage: String(Math.round(memoryBytes / 2)),
    max_bytes_before_external_group_by: String(Math.round(memoryBytes / 4)),
    max_bytes_before_external_sort: String(Math.round(memoryBytes / 4)),
    max_query_size: String(64 * 2 ** 20), // parameters are set as SQL, so they count too
    async_insert: '0',
    optimize_on_insert: '0', // rows are distinct already: to find that out again costs as much as to store them
    deduplicate_blocks_in_dependent_materialized_views: '1',
    implicit_select: '0',
    materialize_skip_indexes_on_insert: '0', // parts of one insert are small: the first merge makes theirs
    output_format_json_quote_64bit_integers: '1', // as the client asks for each time
  }
}

/** Smaller parts are soon merged into larger ones, so they are compressed with LZ4, which costs a third. */
const zstdFrom = 32 * 2 ** 20

/** Bytes the engine may use: half of the machine, or of the container it runs in, and at least 512 MiB. */
export function engineMemory(): number {
  const limit = process.constrainedMemory()
  const available = limit > 0 && limit < totalmem() ? limit : totalmem()
  return Math.max(512 * 2 ** 20, Math.round(available / 2))
}

/**
 * The engine's server configuration. Inserts are synced to disk before they are acknowledged, which is what a power
 * cut asks for; no system log tables are kept, since they would grow without bound.
 */
export function engineConfig({ memoryBytes, temporary }: { memoryBytes: number; temporary: string }): string {
  const cores = availableParallelism()
  const logs = ['query_log', 'query_thread_log', 'query_views_log', 'part_log', 'trace_log', 'metric_log', 'text_log']
  const more = ['asynchronous_metric_log', 'session_log', 'error_log', 'processors_profile_log', 'latency_log']
  return `<clickhouse>
  <tmp_path>${xml(temporary)}/</tmp_path>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${Math.round(memoryBytes / 16)}</mark_cache_size>
  <index_mark_cache_size>${Math.round(memoryBytes / 32)}</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <background_pool_size>${Math.max(2, cores)}</background_pool_size>
  <background_schedule_pool_size>16</background_schedule_pool_size>
  <compression>
    <case>
      <min_part_size>${zstdFrom}</min_part_size>
      <min_part_size_ratio>0</min_part_size_ratio>
      <method>zstd</method>
      <level>1</level>
    </case>
  </compression>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
${[...logs, ...more].map(name => `  <${name} remove="1"/>`).join('\n')}
</clickhouse>
`
}

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
