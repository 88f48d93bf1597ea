import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { bodyHeader } from './body-files.ts'
import type { Overrides } from './engine.ts'
import { SqlError } from './sql-text.ts'

export type Login = { user: string; password: string }

/** A request as ClickHouse's HTTP interface understands it; `body`, or the named `file`, is what an insert inserts. */
export type Asked = {
  sql: string
  body?: Readable
  file?: string
  queryId?: string
  format: string
  /** The answer begins when the query has ended. */
  waitsForEnd: boolean
  overrides: Overrides
}

// What the interface itself means by these names; all other parameters are settings.
const ours = new Set(
  `query query_id database default_format user password role quota_key session_id session_timeout session_check
  close_session compress decompress enable_http_compression http_zlib_compression_level wait_end_of_query buffer_size
  send_progress_in_http_headers http_headers_progress_interval_ms stacktrace cancel_http_readonly_queries_on_disconnect
  client_protocol_version`.split(/\s+/),
)
const mostSqlBytes = 16 * 2 ** 20

export async function readRequest(request: IncomingMessage, url: URL): Promise<Asked> {
  const given = url.searchParams
  const database = given.get('database')
  if (database && database !== 'default')
    throw new SqlError(81, `Database ${database} does not exist. (UNKNOWN_DATABASE)`)
  if (given.get('decompress') === '1' || given.get('compress') === '1') {
    throw new SqlError(
      48,
      'The embedded engine takes gzip and zstd by HTTP header, not native compression. (NOT_IMPLEMENTED)',
    )
  }
  const form = await readForm(request)
  const parameters: Record<string, string> = {}
  const settings: Record<string, string> = {}
  for (const [name, value] of [...given, ...(form ?? [])]) {
    if (!/^\w+$/.test(name)) throw new SqlError(115, `Unknown setting ${JSON.stringify(name)}. (UNKNOWN_SETTING)`)
    if (name.startsWith('param_')) parameters[name.slice(6)] = value
    else if (!ours.has(name)) settings[name] = value
  }
  const asked = {
    file: [request.headers[bodyHeader]].flat()[0],
    queryId: given.get('query_id') ?? undefined,
    format: given.get('default_format') ?? 'TabSeparated',
    waitsForEnd: given.get('wait_end_of_query') === '1',
    overrides: { settings, parameters },
  }
  const query = given.get('query') ?? form?.find(([name]) => name === 'query')?.[1]
  if (query === undefined) return { ...asked, sql: await readText(decoded(request)) }
  return { ...asked, sql: query, body: request.method === 'POST' && !form ? decoded(request) : undefined }
}

/** Basic authentication, or ClickHouse's own headers. */
export function isAllowed(request: IncomingMessage, login: Login): boolean {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const given = basic
    ? Buffer.from(basic, 'base64').toString()
    : `${request.headers['x-clickhouse-user'] ?? ''}:${request.headers['x-clickhouse-key'] ?? ''}`
  const [a, b] = [Buffer.from(given), Buffer.from(`${login.user}:${login.password}`)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return request
  const decoder = encoding === 'gzip' ? createGunzip() : encoding === 'zstd' ? createZstdDecompress() : undefined
  if (!decoder) throw new SqlError(48, `Unsupported content encoding ${encoding}. (NOT_IMPLEMENTED)`)
  request.on('error', error => decoder.destroy(error))
  return request.pipe(decoder)
}

/** The fields of a multipart body, which the client sends when the parameters are too long for a URL. */
async function readForm(request: IncomingMessage): Promise<[string, string][] | undefined> {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return undefined
  const text = await readText(decoded(request))
  const form = await new Response(text, { headers: { 'content-type': type } }).formData()
  return [...form].map(([name, value]) => [name, String(value)])
}

async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > mostSqlBytes)
      throw new SqlError(62, `Syntax error: a query is longer than ${mostSqlBytes} bytes. (SYNTAX_ERROR)`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
