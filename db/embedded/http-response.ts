import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'

export type Reply = { queryId: string; summary?: Record<string, string> }

/**
 * Sends a result, chunk by chunk as the reader takes them. An error before the first chunk is thrown on, to be
 * answered with a status; a later one is written at the end as ClickHouse does, and the connection is cut.
 */
export async function sendResult(
  request: IncomingMessage,
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  { queryId, summary }: Reply,
) {
  const iterator = chunks[Symbol.asyncIterator]()
  let next = await iterator.next()
  const tag = randomBytes(8).toString('hex')
  const zipped = wantsGzip(request)
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'x-clickhouse-query-id': queryId,
    'x-clickhouse-exception-tag': tag,
    'x-clickhouse-summary': JSON.stringify(summary ?? {}),
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
  })
  const sink = zipped ? createGzip({ level: 1 }) : response
  if (sink !== response) sink.pipe(response)
  try {
    while (!next.done) {
      if (!sink.write(next.value)) await room(sink, response)
      if (response.destroyed) return
      next = await iterator.next()
    }
    sink.end()
  } catch (error) {
    const message = error instanceof Error ? error.message.trimEnd() : String(error)
    const length = Buffer.byteLength(message) + 1
    sink.write(`\r\n__exception__\r\n${tag}\r\n${message}\n${length} ${tag}\r\n__exception__\r\n`, () => {
      setImmediate(() => response.destroy())
    })
  } finally {
    await iterator.return?.()
  }
}

async function room(sink: Writable, response: ServerResponse) {
  const either = new AbortController()
  const { signal } = either
  await Promise.race([once(sink, 'drain', { signal }), once(response, 'close', { signal })]).finally(() =>
    either.abort(),
  )
}

/** Answers an error the way ClickHouse does: its code in a header, one sentence as the body. */
export function sendError(response: ServerResponse, error: unknown, queryId: string) {
  const { code, message } = exception(error)
  if (response.headersSent) return void response.destroy()
  const status = code === 516 ? 403 : code === 60 || code === 81 ? 404 : code === 202 ? 503 : code < 500 ? 400 : 500
  response.writeHead(status, {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-exception-code': String(code),
    'x-clickhouse-query-id': queryId,
    // What is left of a refused body is not read, so the connection cannot be used again.
    ...(response.req.complete ? {} : { connection: 'close' }),
  })
  response.end(`${message}\n`)
}

function exception(error: unknown): { code: number; message: string } {
  const message = error instanceof Error ? error.message.trimEnd() : String(error)
  const told = /^Code: (\d+)\./.exec(message)?.[1]
  if (told) return { code: Number(told), message }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 1002
  return { code, message: `Code: ${code}. DB::Exception: ${message}` }
}

function wantsGzip(request: IncomingMessage) {
  return (
    /\benable_http_compression=1\b/.test(request.url ?? '') && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  )
}
