import { Readable } from 'node:stream'
import { type ClickHouseSettings, createClient } from '@clickhouse/client'
import type { z } from 'zod'
import { type BodyFiles, bodyHeader } from './embedded/body-files.ts'

export type Settings = Record<string, string | number>
export type Query<Row> = {
  sql: string
  /** Values of `{name:Type}` places. */
  params?: Record<string, unknown>
  /** Parses each row; 64-bit integers come as texts, so that none loses digits: coerce those that are counts. */
  row: z.ZodType<Row>
  settings?: Settings
  signal?: AbortSignal
}
export type NativeInsert = {
  table: string
  columns: readonly string[]
  /** Native blocks that hold `columns`, behind each other. */
  body: Buffer | readonly Buffer[] | Readable
  /** A block sent again with the same token, after an answer that got lost, lands once. */
  dedupToken?: string
  signal?: AbortSignal
}
export type ClickHouse = ReturnType<typeof openClickHouse>

const name = /^[a-z_][a-z0-9_]*$/

/**
 * The one way to ClickHouse: a server, a cluster or our embedded engine, all by the same HTTP interface; the embedded
 * engine takes large inserts by `bodies`. Errors carry ClickHouse's own words and code.
 */
export function openClickHouse({ url, bodies }: { url: string; bodies?: BodyFiles }) {
  const client = createClient({
    url,
    application: 'davylamp',
    request_timeout: 90_000,
    max_open_connections: 24,
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    compression: { response: false, request: false },
    // Long lists of ids do not fit a URL.
    use_multipart_params_auto: true,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1, max_execution_time: 60 },
    // What fails is thrown and told by the caller, once.
    log: { level: 127 },
  })

  /** Rows of a select, each parsed by `row`. */
  async function query<Row>({ sql, params, row, settings, signal }: Query<Row>): Promise<Row[]> {
    const found = await client.query({
      query: sql,
      format: 'JSONEachRow',
      query_params: params,
      // What fails half-way is an error then, never half an answer.
      clickhouse_settings: { ...settings, wait_end_of_query: 1 },
      abort_signal: signal,
    })
    return (await found.json<unknown>()).map(value => row.parse(value))
  }

  /** The same, row by row as they come: for exports larger than memory. */
  async function* stream<Row>({ sql, params, row, settings, signal }: Query<Row>): AsyncGenerator<Row> {
    const found = await client.query({
      query: sql,
      format: 'JSONEachRow',
      query_params: params,
      clickhouse_settings: settings,
      abort_signal: signal,
    })
    for await (const rows of found.stream<unknown>()) for (const part of rows) yield row.parse(part.json())
  }

  /** Inserts blocks in ClickHouse's Native format; resolves when they are stored. */
  async function insertNative({ table, columns, body, dedupToken, signal }: NativeInsert): Promise<void> {
    for (const identifier of [table, ...columns]) assertName(identifier)
    const clickhouse_settings: ClickHouseSettings = {
      async_insert: 0,
      optimize_on_insert: 0,
      ...(dedupToken && {
        insert_deduplication_token: dedupToken,
        deduplicate_blocks_in_dependent_materialized_views: 1,
      }),
    }
    const query = `insert into ${table} (${columns.join(', ')}) format Native`
    const send = async (more: { values: Readable } | { http_headers: Record<string, string> }) =>
      drain((await client.exec({ query, clickhouse_settings, abort_signal: signal, ...more })).stream)
    if (body instanceof Readable) return send({ values: body })
    const parts = [body].flat()
    const file = await bodies?.write(parts)
    if (!file) return send({ values: Readable.from(parts, { objectMode: false }) })
    let isOver = false
    try {
      await send({ http_headers: { [bodyHeader]: file.name } })
      isOver = true
    } finally {
      file.done(isOver)
    }
  }

  /** Inserts a few rows as JSON; resolves when they are stored. */
  async function insertRows({ table, rows }: { table: string; rows: object[] }): Promise<void> {
    if (rows.length === 0) return
    await client.insert({
      table: assertName(table),
      values: rows,
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, date_time_input_format: 'best_effort' },
    })
  }

  async function command(sql: string, params?: Record<string, unknown>): Promise<void> {
    await client.command({ query: sql, query_params: params })
  }

  /** Throws when the server cannot be reached or refuses the credentials. */
  async function ping(): Promise<void> {
    const answer = await client.ping({ select: true })
    if (!answer.success) throw answer.error
  }

  const close = async () => {
    bodies?.close()
    await client.close()
  }

  return { query, stream, insertNative, insertRows, command, ping, close }
}

function assertName(identifier: string) {
  if (!name.test(identifier)) throw new Error(`${identifier} is not a plain identifier`)
  return identifier
}

async function drain(stream: Readable) {
  for await (const _ of stream) {
    // Reading to the end frees the connection; an insert answers nothing.
  }
}
