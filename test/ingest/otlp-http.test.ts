import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { corpusBytes, hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer } from './server.ts'

const limit = 2 << 20
const server = await ingestServer({ limits: { bytes: limit, idleMs: 300 } })
const sender = await server.newSender()
const json = { 'content-type': 'application/json' }
const protobuf = { 'content-type': 'application/x-protobuf' }
const oneSpan = () => JSON.stringify(jsonRequest([jsonSpan()]))
const rpcStatus = z.object({ code: z.number(), message: z.string() })

const deepName = `{"resourceSpans":[{"scopeSpans":[{"scope":{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}}]}]}`

describe('what is refused, with a status and a sentence', () => {
  const corpus = corpusBytes('genai-512-0.pb.gz')
  it.each<[string, string, Buffer | string, Record<string, string>, number, string]>([
    ['no content type', '/v1/traces', Buffer.from('x'), {}, 415, 'content type none is not understood'],
    ['another content type', '/v1/traces', 'x', { 'content-type': 'text/plain' }, 415, 'use application/x-protobuf or'],
    [
      'brotli',
      '/v1/traces',
      brotliCompressSync('{}'),
      { ...json, 'content-encoding': 'br' },
      415,
      'content encoding br',
    ],
    [
      'an unheard-of encoding',
      '/v1/logs',
      '{}',
      { ...json, 'content-encoding': 'constructor' },
      415,
      'is not understood',
    ],
    [
      'gzip that is none',
      '/v1/traces',
      'plain',
      { ...json, 'content-encoding': 'gzip' },
      400,
      'cannot inflate 5 bytes of gzip',
    ],
    [
      'gzip cut short',
      '/v1/traces',
      gzipSync(corpus).subarray(0, 5000),
      { ...protobuf, 'content-encoding': 'gzip' },
      400,
      'cannot inflate',
    ],
    ['broken JSON', '/v1/traces', '{"resourceSpans":[', json, 400, 'not JSON'],
    ['broken protobuf', '/v1/traces', Buffer.from([0x0a, 0x05, 1]), protobuf, 400, 'unexpected end at byte 3'],
    ['protobuf said to be JSON', '/v1/traces', corpus.subarray(0, 9000), json, 400, 'not JSON'],
    ['logs in JSON sent to traces', '/v1/traces', '{"resourceLogs":[]}', json, 400, 'it holds resourceLogs'],
    ['spans sent to logs', '/v1/logs', corpus, protobuf, 400, 'spans or metrics, not log records'],
    ['spans in JSON sent to logs', '/v1/logs', oneSpan(), json, 400, 'it holds resourceSpans, not resourceLogs'],
    ['spans sent to metrics', '/v1/metrics', corpus, protobuf, 400, 'spans or log records, not metrics'],
    ['logs in JSON sent to metrics', '/v1/metrics', '{"resourceLogs":[]}', json, 400, 'it holds resourceLogs'],
    ['JSON that nests for ever', '/v1/traces', deepName, json, 400, 'name is not a text'],
    [
      'the same in logs',
      '/v1/logs',
      `{"resourceLogs":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      json,
      400,
      'is not',
    ],
    ['broken logs', '/v1/logs', Buffer.from([0x0a, 0x05, 1]), protobuf, 400, 'unexpected end'],
    ['broken metrics', '/v1/metrics', '[', json, 400, 'not JSON'],
    ['a body over the limit', '/v1/traces', Buffer.alloc(limit + 1), protobuf, 413, 'larger than 2097152 bytes'],
    [
      'a gzip bomb',
      '/v1/traces',
      gzipSync(Buffer.alloc(200 << 20)),
      { ...protobuf, 'content-encoding': 'gzip' },
      413,
      'larger than',
    ],
    [
      'a zstd bomb',
      '/v1/traces',
      zstdCompressSync(Buffer.alloc(200 << 20)),
      { ...protobuf, 'content-encoding': 'zstd' },
      413,
      'larger than',
    ],
  ])('%s', async (_name, path, body, headers, status, words) => {
    const response = await sender.post(path, body, headers)
    expect(response.status).toBe(status)
    const isProtobuf = headers['content-type'] === 'application/x-protobuf'
    expect(response.headers.get('content-type')).toBe(isProtobuf ? 'application/x-protobuf' : 'application/json')
    const text = await response.text()
    expect(text).toContain(words)
    if (!isProtobuf) expect(rpcStatus.parse(JSON.parse(text)).code).toBeGreaterThan(0)
  })

  it('a chunked body over the limit, before it is all sent', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { method: 'POST', headers: { ...protobuf, authorization: `Bearer ${sender.apiKey}` } }
      const sending = httpRequest(`${server.url}/v1/traces`, options, response => resolve(response.statusCode))
      sending.on('error', reject)
      const more = () => sending.write(Buffer.alloc(512 << 10), error => error ?? setImmediate(more))
      more()
    })
    expect(status).toBe(413)
  })

  it('another method', async () => {
    const response = await fetch(`${server.url}/v1/traces`)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  it('another path, in our own form of errors', async () => {
    const response = await sender.post('/v1/trace', '{}', json)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: { code: 'not_found', message: expect.stringContaining('/v1/traces') },
    })
  })
})

describe('keys', () => {
  const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  it.each<[string, (key: string) => Record<string, string>]>([
    ['Bearer', key => ({ authorization: `Bearer ${key}` })],
    ['Basic, as Langfuse clients send', key => ({ authorization: basic('pk-lf-1', key) })],
    ['x-api-key', key => ({ 'x-api-key': key })],
    ['api_key', key => ({ api_key: key })],
  ])('%s opens the project', async (_name, headers) => {
    const before = await sender.spanCount()
    const response = await fetch(`${server.url}/v1/traces`, {
      method: 'POST',
      body: oneSpan(),
      headers: { ...json, ...headers(sender.apiKey) },
    })
    expect(response.status).toBe(200)
    expect(await sender.spanCount()).toBe(before + 1)
  })

  it.each<[string, Record<string, string>, string]>([
    ['none', {}, 'an API key is missing'],
    ['an unknown one', { authorization: `Bearer dlk_${'0'.repeat(12)}_${'x'.repeat(32)}` }, 'unknown or was revoked'],
    ['a malformed one', { 'x-api-key': 'secret' }, 'unknown or was revoked'],
  ])('%s is refused with 401, in the encoding of the request', async (_name, headers, words) => {
    for (const type of [json, protobuf]) {
      const response = await fetch(`${server.url}/v1/traces`, {
        method: 'POST',
        body: '{}',
        headers: { ...type, ...headers },
      })
      expect([response.status, response.headers.get('content-type')]).toEqual([401, type['content-type']])
      expect(await response.text()).toContain(words)
    }
  })
})

describe('what is taken', () => {
  it('an empty request, in both encodings', async () => {
    for (const [body, headers] of [
      ['{}', json],
      [Buffer.alloc(0), protobuf],
      ['', json],
    ] as const) {
      const response = await sender.post('/v1/traces', body, headers)
      expect([response.status, await response.text()]).toEqual([200, headers === json ? '{}' : ''])
    }
  })

  it('a chunked body without a length', async () => {
    const before = await sender.spanCount()
    const body = new Blob([oneSpan()]).stream()
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { ...json, authorization: `Bearer ${sender.apiKey}` },
    }
    expect((await fetch(`${server.url}/v1/traces`, init as RequestInit)).status).toBe(200)
    expect(await sender.spanCount()).toBe(before + 1)
  })

  it.each([
    ['/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{}, {}] }] }] }, 'logs', 2],
    ['/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{}] }] }] }, 'metrics', 1],
  ])('%s, answered and counted in the ledger', async (path, body, item, count) => {
    const mine = await server.newSender()
    const response = await mine.sendJson(body, path)
    expect([response.status, await response.json()]).toEqual([200, {}])
    const sql = `select item, sum(count) as n from ledger
      where project_id = {project:String} and outcome = 'received' group by item`
    const read = () => mine.query(sql, z.object({ item: z.string(), n: z.coerce.number() }))
    await expect.poll(read).toEqual([{ item, n: count }])
  })

  it('spans of 30 years in one request, with their clocks mended or not', async () => {
    const mine = await server.newSender()
    const spans = Array.from({ length: 400 }, (_, month) => {
      const start = Date.UTC(1996, month, 15)
      return jsonSpan({ startTimeUnixNano: `${start}000000`, endTimeUnixNano: `${start + 5}000000` })
    })
    expect((await mine.sendJson(jsonRequest(spans))).status).toBe(200)
    expect(await mine.spanCount()).toBe(400)
    const flagged = await mine.query(
      `select count() as n from spans where project_id = {project:String} and has(clock_flags, 'past_start')`,
      z.object({ n: z.coerce.number() }),
    )
    expect(flagged).toEqual([{ n: 48 }])
  })
})

describe('one bad span never fails its batch', () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ traceId: '' }, 'trace id is missing'],
    [{ traceId: '0'.repeat(32) }, 'trace id is all zeros'],
    [{ traceId: 'abcd' }, 'trace id is not 16 bytes long'],
    [{ traceId: 'x'.repeat(32) }, 'trace id is not hexadecimal'],
    [{ spanId: '0'.repeat(16) }, 'span id is all zeros'],
    [{ spanId: 5 }, 'span id is missing'],
    [{ parentSpanId: 'ab' }, 'parent span id is not 8 bytes long'],
  ]
  it.each(bad)('%j is rejected alone', async (fields, reason) => {
    const before = await sender.spanCount()
    const response = await sender.sendJson(jsonRequest([jsonSpan(), jsonSpan(fields), jsonSpan()]))
    expect(response.status).toBe(200)
    const partialSuccess = { rejectedSpans: '1', errorMessage: `1 rejected: ${reason}` }
    expect(await response.json()).toEqual({ partialSuccess })
    expect(await sender.spanCount()).toBe(before + 2)
  })

  it('a parent of zeros means a root', async () => {
    const traceId = hex(16)
    await sender.sendJson(jsonRequest([jsonSpan({ traceId, parentSpanId: '0'.repeat(16) })]))
    const rows = await sender.query(
      `select parent_span_id from spans where project_id = {project:String} and trace_id = '${traceId}'`,
      z.object({ parent_span_id: z.string() }),
    )
    expect(rows).toEqual([{ parent_span_id: '' }])
  })

  it('a logs request in protobuf is spans without ids: all rejected, in protobuf', async () => {
    const record = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 9, 0x2a, 3, 0x0a, 1, 0x78])
    const wrap = (tag: number, body: Buffer) => Buffer.concat([Buffer.from([tag, body.length]), body])
    const response = await sender.post('/v1/traces', wrap(0x0a, wrap(0x12, wrap(0x12, record))), protobuf)
    expect(response.status).toBe(200)
    const answer = Buffer.from(await response.arrayBuffer())
    expect([...answer.subarray(2, 5)]).toEqual([0x08, 1, 0x12])
    expect(answer.toString()).toContain('1 rejected: trace id is missing')
  })
})

describe('browsers', () => {
  it('may ask beforehand, and read the answer', async () => {
    const asked = { origin: 'https://shop.example', 'access-control-request-headers': 'authorization,x-other' }
    const before = await fetch(`${server.url}/v1/traces`, { method: 'OPTIONS', headers: asked })
    expect([before.status, before.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization,x-other'])
    const after = await sender.post('/v1/traces', oneSpan(), { ...json, origin: 'https://shop.example' })
    expect([after.status, after.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
  })
})

describe('uploads that go wrong', () => {
  it('one that pauses is answered 408 and ended', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...json, authorization: `Bearer ${sender.apiKey}`, 'content-length': 1000 }
      const sending = httpRequest(`${server.url}/v1/traces`, { method: 'POST', headers }, response =>
        resolve(response.statusCode),
      )
      sending.on('error', reject)
      sending.write('{"resourceSpans"')
    })
    expect(status).toBe(408)
  })

  it('one that breaks off leaves the server well, and its bytes free', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${sender.apiKey}\r\n`
      socket.write(`${head}Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(500_000)}`)
      await new Promise(resolve => socket.once('connect', resolve))
      await new Promise(resolve => setTimeout(resolve, 10))
      socket.destroy()
    }
    expect((await sender.post('/v1/traces', oneSpan(), json)).status).toBe(200)
  })
})

it('tells its health', async () => {
  const response = await fetch(`${server.url}/healthz`)
  expect([response.status, await response.json()]).toMatchObject([200, { ok: true, stores: { clickhouse: 'ok' } }])
})
