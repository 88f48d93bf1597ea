import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Engine, Run } from './engine.ts'
import { type Asked, isAllowed, type Login, readRequest } from './http-request.ts'
import { sendError, sendResult } from './http-response.ts'
import type { InsertBodies } from './insert-body.ts'
import { type InsertText, literal, readInsert, readStatement, SqlError } from './sql-text.ts'
import { createStructures } from './table-structure.ts'

// A stream's chunks are formatted each by itself: fine for bare rows, and for rows under one line of names, which is
// then cut from all chunks but the first. Other formats have a frame around the rows and must be sent as a whole.
const bare = /^(?:JSONEachRow|JSONCompactEachRow|TabSeparated|TSV|CSV|Native|RowBinary)$/i
const underNames = /^(?:TabSeparated|TSV|CSV|JSONCompactEachRow)WithNames$/i
const selects = ['select', 'with', 'values', '(']
const readers = [...selects, 'show', 'describe', 'desc', 'explain', 'exists', 'check']

/** ClickHouse's HTTP interface, as far as @clickhouse/client uses it, over an embedded engine. */
export function createClickHouseHttp(engine: Engine, bodies: InsertBodies, login: Login): Server {
  const structures = createStructures(engine)
  // Parameters come in the URL; a server allows 1 MiB for it.
  return createServer(
    { maxHeaderSize: 2 ** 20, keepAliveTimeout: 60_000, requestTimeout: 0 },
    async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      if (url.pathname === '/ping') return void response.end('Ok.\n')
      const queryId = url.searchParams.get('query_id') ?? randomUUID()
      try {
        if (!isAllowed(request, login))
          throw new SqlError(516, 'Authentication failed: the user name or password is wrong. (AUTHENTICATION_FAILED)')
        await answer(request, response, await readRequest(request, url), queryId)
      } catch (error) {
        sendError(response, error, queryId)
      }
    },
  )

  async function answer(request: IncomingMessage, response: ServerResponse, asked: Asked, queryId: string) {
    const insert = readInsert(asked.sql)
    if (insert) {
      await insertBody(response, insert, asked)
      return sendResult(request, response, nothing(), { queryId })
    }
    const { keyword, text, placeholders } = readStatement(asked.sql)
    // The session may still hold another query's value under that name: never use it.
    const missing = placeholders.find(name => asked.overrides.parameters?.[name] === undefined)
    if (missing) throw new SqlError(456, `Substitution ${missing} is not set. (UNKNOWN_QUERY_PARAMETER)`)
    const lane = readers.includes(keyword) ? 'reads' : 'writes'
    await engine.use(lane, asked.overrides, async run => {
      const stop = watch(response, run)
      try {
        // The engine plans what it streams, and looks through the indexes for it, on this thread: nobody else is served
        // meanwhile, so only what may be larger than memory goes that way.
        const streams = selects.includes(keyword) && !asked.waitsForEnd
        const chunks = streams ? rows(run, text, asked) : whole(run, text, asked)
        await sendResult(request, response, chunks, { queryId })
      } finally {
        await stop()
        if (keyword === 'set' || keyword === 'use') run.spoil()
      }
    })
    if (lane === 'writes') structures.forget()
  }

  async function insertBody(response: ServerResponse, insert: InsertText, asked: Asked) {
    const kept = asked.file ? bodies.handed(asked.file) : await bodies.keep(asked.body ?? inline(insert.data))
    if (!kept) return
    try {
      const { columns, structure } = await structures.of(insert)
      const settings = insert.settings ? ` ${insert.settings}` : ''
      const from = [kept.path, insert.format, structure].map(literal).join(', ')
      const sql = `insert into ${insert.table} (${columns})${settings} select * from file(${from})`
      const overrides = { ...asked.overrides, settings: { max_insert_threads: '1', ...asked.overrides.settings } }
      await engine.use('writes', overrides, async run => {
        const stop = watch(response, run)
        await run.session.queryAsync(sql).finally(stop)
      })
    } finally {
      kept.remove()
    }
  }
}

async function* rows(run: Run, sql: string, asked: Asked) {
  const format = /\bformat\s+(\w+)\s*$/i.exec(sql)?.[1] ?? asked.format
  if (!bare.test(format) && !underNames.test(format)) return yield* whole(run, sql, asked)
  let first = true
  for await (const chunk of run.session.queryStream(sql, { format: asked.format })) {
    const raw = chunk.raw()
    yield !first && underNames.test(format) ? raw.subarray(raw.indexOf(0x0a) + 1) : raw
    first = false
  }
}

async function* whole({ session }: Run, sql: string, { format }: Asked) {
  yield (await session.queryAsync(sql, { format })).bytes()
}

async function* inline(data: string) {
  yield Buffer.from(data)
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Kills the query when its client goes away. The answer stops watching, once no kill is under way any more. */
function watch(response: ServerResponse, run: Run) {
  let killing: Promise<void> | undefined
  let done = false
  const kill = async () => {
    // A kill that fails is tried again, also when the answer is over: else the query would go on for nobody.
    for (let told = false; !done || !told; ) {
      told = await run.cancel().then(
        () => true,
        () => told,
      )
      if (!done || !told) await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  const gone = () => {
    if (!response.writableFinished) killing = kill()
  }
  response.once('close', gone)
  if (response.destroyed) gone()
  return async () => {
    done = true
    response.off('close', gone)
    if (!killing) return
    await killing
    // A session holds its last query, and what it took, until the next one.
    await run.session.queryAsync('select 1').catch(() => run.spoil())
  }
}
