import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'
import { compressionAlgorithms, status } from '@grpc/grpc-js'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startIngest } from '../../ingest/server.ts'
import { type SpanTable, spanTable } from '../../ingest/span-table.ts'
import { testStores } from '../setup/context.ts'
import { exportRequest, field, grpcClient, spanMessage } from './grpc-client.ts'
import { corpusBytes } from './otlp-factory.ts'
import { ingestServer } from './server.ts'

const limit = 4 << 20
const real = spanTable(testStores().clickhouse)
const store = { failing: false, inserts: 0, closed: undefined as Promise<void> | undefined }
/** The real table behind a door that can fail, or let inserts wait. */
const table: SpanTable = {
  existing: spans => real.existing(spans),
  async insert(blocks, token) {
    store.inserts += 1
    await store.closed
    if (store.failing) throw new Error('connection refused \u{1f4a5}')
    await real.insert(blocks, token)
  },
}
/** Lets inserts wait until the returned function is called. */
function closeDoor(): () => void {
  let open = () => {}
  store.closed = new Promise<void>(resolve => {
    open = resolve
  })
  return () => {
    store.closed = undefined
    open()
  }
}

const server = await ingestServer({
  limits: { bytes: limit, idleMs: 1_000 },
  heldBytes: 6 << 20,
  table,
  spool: { bytes: 0 },
})
const sender = await server.newSender()
const client = grpcClient(server.grpcUrl)
afterAll(() => client.close())
const bearer = { authorization: `Bearer ${sender.apiKey}` }

const corpus = corpusBytes('genai-512-0.pb.gz')
const ledgerRow = z.object({
  item: z.string(),
  outcome: z.string(),
  reason: z.string(),
  client: z.string(),
  n: z.number(),
})
const ledgerOf = (who: typeof sender) =>
  who.query(
    `select item, outcome, reason, client, toUInt32(sum(count)) as n from ledger
     where project_id = {project:String} group by item, outcome, reason, client order by item, outcome`,
    ledgerRow,
  )

describe('traces over gRPC', () => {
  it('are stored when the answer is OK, once however often they are sent, gzipped or not', async () => {
    const fresh = await server.newSender()
    const headers = { authorization: `Bearer ${fresh.apiKey}` }
    const gzip = grpcClient(server.grpcUrl, { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip })
    for (const from of [client, gzip, client]) {
      const { code, body } = await from.export('traces', corpus, headers)
      expect([code, body]).toEqual([status.OK, Buffer.alloc(0)])
      expect(await fresh.spanCount()).toBe(512)
    }
    gzip.close()
    expect(await fresh.traceTotals()).toMatchObject({ spans: 512, tools: 135, traces: 69 })
    await expect
      .poll(() => ledgerOf(fresh))
      .toEqual([
        { item: 'spans', outcome: 'duplicate', reason: '', client: 'grpc-node-js', n: 1024 },
        { item: 'spans', outcome: 'received', reason: '', client: 'grpc-node-js', n: 1536 },
        { item: 'spans', outcome: 'stored', reason: '', client: 'grpc-node-js', n: 512 },
      ])
  })

  it('an empty request is OK', async () => {
    const { code, body } = await client.export('traces', Buffer.alloc(0), bearer)
    expect([code, body]).toEqual([status.OK, Buffer.alloc(0)])
  })

  it('one bad span is rejected alone, in the partial success of the answer', async () => {
    const fresh = await server.newSender()
    const request = exportRequest(spanMessage(), spanMessage({ spanId: '0'.repeat(16) }), spanMessage())
    const { code, body } = await client.export('traces', request, { 'x-api-key': fresh.apiKey })
    expect(code).toBe(status.OK)
    expect(body?.subarray(0, 4)).toEqual(Buffer.from([0x0a, (body?.length ?? 0) - 2, 0x08, 1]))
    expect(body?.toString()).toContain('1 rejected: ')
    expect(await fresh.spanCount()).toBe(2)
  })
})

it.each(['logs', 'metrics'] as const)('%s are answered and counted', async signal => {
  const fresh = await server.newSender()
  const headers = { authorization: `Bearer ${fresh.apiKey}` }
  const record = signal === 'logs' ? field(5, field(1, 'hello')) : field(1, 'tokens')
  const { code } = await client.export(signal, exportRequest(record, record), headers)
  expect(code).toBe(status.OK)
  await expect
    .poll(async () => (await ledgerOf(fresh)).find(({ outcome }) => outcome === 'received'))
    .toMatchObject({ item: signal, n: 2 })
})

describe('keys in metadata', () => {
  const basic = (key: string) => `Basic ${Buffer.from(`pk-lf-1:${key}`).toString('base64')}`
  it.each<[string, (key: string) => Record<string, string>]>([
    ['Bearer', key => ({ authorization: `Bearer ${key}` })],
    ['Basic', key => ({ authorization: basic(key) })],
    ['x-api-key', key => ({ 'x-api-key': key })],
    ['api_key', key => ({ api_key: key })],
  ])('%s opens the project', async (_name, headers) => {
    const before = await sender.spanCount()
    const { code } = await client.export('traces', exportRequest(spanMessage()), headers(sender.apiKey))
    expect(code).toBe(status.OK)
    expect(await sender.spanCount()).toBe(before + 1)
  })

  it.each<[string, Record<string, string>, string]>([
    ['none', {}, 'an API key is missing'],
    ['an unknown one', { 'x-api-key': `dlk_${'0'.repeat(12)}_${'x'.repeat(32)}` }, 'unknown or was revoked'],
  ])('%s is UNAUTHENTICATED, before the message is read', async (_name, headers, words) => {
    const { code, details, metadata } = await client.export('traces', Buffer.alloc(limit - 1), headers)
    expect([code, details]).toEqual([status.UNAUTHENTICATED, expect.stringContaining(words)])
    expect(metadata.get('grpc-status-details-bin')).toEqual([])
  })
})

describe('what is refused for good', () => {
  it('bytes that are no request: INVALID_ARGUMENT, with the place', async () => {
    const fresh = await server.newSender()
    const headers = { authorization: `Bearer ${fresh.apiKey}` }
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      const { code, details } = await client.export(signal, Buffer.from([0x0a, 0x05, 1]), headers)
      expect([code, details]).toEqual([status.INVALID_ARGUMENT, expect.stringContaining('unexpected end at byte 3')])
    }
    await expect
      .poll(async () => (await ledgerOf(fresh)).map(({ item, outcome, reason }) => [item, outcome, reason]))
      .toEqual([['requests', 'rejected', 'undecodable request']])
  })

  it('a message over the limit, before or after inflation: RESOURCE_EXHAUSTED', async () => {
    const gzip = grpcClient(server.grpcUrl, { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip })
    for (const from of [client, gzip]) {
      const { code, details } = await from.export('traces', Buffer.alloc(limit + 1), bearer)
      expect([code, details]).toEqual([status.RESOURCE_EXHAUSTED, expect.stringContaining(String(limit))])
    }
    gzip.close()
  })

  it('another service: UNIMPLEMENTED', async () => {
    const { code } = await client.send(
      '/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export',
      corpus,
      bearer,
    )
    expect(code).toBe(status.UNIMPLEMENTED)
  })

  it('what is not gRPC leaves the server well', async () => {
    const { hostname, port } = new URL(server.grpcUrl)
    for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\0'.repeat(100)]) {
      const socket = connect(Number(port), hostname)
      socket.write(bytes)
      await new Promise(resolve => socket.on('error', resolve).on('close', resolve).resume())
    }
    expect((await client.export('traces', exportRequest(spanMessage()), bearer)).code).toBe(status.OK)
  })
})

describe('what may be tried again is UNAVAILABLE, with the time to wait', () => {
  /** google.rpc.Status of code 14 whose detail is a RetryInfo of two seconds. */
  const expectRetryInfo = (bytes: unknown, message: string) => {
    const type = field(1, 'type.googleapis.com/google.rpc.RetryInfo')
    const detail = field(3, Buffer.concat([type, field(2, field(1, Buffer.from([0x08, 2])))]))
    expect(bytes).toEqual(Buffer.concat([Buffer.from([0x08, 14]), field(2, message), detail]))
  }

  it('a store that is down while the spool is full, which takes the same request later', async () => {
    const before = await sender.spanCount()
    const request = exportRequest(spanMessage(), spanMessage())
    store.failing = true
    const { code, details, metadata } = await client.export('traces', request, bearer)
    store.failing = false
    expect([code, details]).toEqual([status.UNAVAILABLE, expect.stringContaining('connection refused')])
    expect(details).toContain('\u{1f4a5}')
    expectRetryInfo(metadata.get('grpc-status-details-bin')[0], details)
    expect((await client.export('traces', request, bearer)).code).toBe(status.OK)
    expect(await sender.spanCount()).toBe(before + 2)
  })

  it('too many bytes that wait to be stored', async () => {
    const before = await sender.spanCount()
    const openDoor = closeDoor()
    const large = () => exportRequest(spanMessage({ name: 'x'.repeat(2.5 * 2 ** 20) }))
    const inserts = store.inserts
    const first = [client.export('traces', large(), bearer), client.export('traces', large(), bearer)]
    await expect.poll(() => store.inserts).toBeGreaterThan(inserts)
    const third = await client.export('traces', large(), bearer)
    expect(third.code).toBe(status.UNAVAILABLE)
    expectRetryInfo(third.metadata.get('grpc-status-details-bin')[0], third.details)
    openDoor()
    expect((await Promise.all(first)).map(({ code }) => code)).toEqual([status.OK, status.OK])
    expect(await sender.spanCount()).toBe(before + 2)
  })
})

describe('the port', () => {
  it('that is taken is told in a sentence, and nothing is left listening', async () => {
    const grpcPort = Number(new URL(server.grpcUrl).port)
    const services = { ...server.services, config: { ...server.services.config, otlpGrpcPort: grpcPort } }
    await expect(startIngest(services)).rejects.toThrow(
      `port ${grpcPort} is in use: stop what listens there or set OTLP_GRPC_PORT`,
    )
  })

  it('is closed at stop, after the calls that run are answered', async () => {
    const own = await ingestServer({ table })
    const it = await own.newSender()
    const headers = { authorization: `Bearer ${it.apiKey}` }
    const caller = grpcClient(own.grpcUrl)
    const openDoor = closeDoor()
    const inserts = store.inserts
    const call = caller.export('traces', exportRequest(spanMessage()), headers)
    await expect.poll(() => store.inserts).toBeGreaterThan(inserts)
    const stopped = own.stop()
    const later = grpcClient(own.grpcUrl)
    expect((await later.export('traces', exportRequest(spanMessage()), headers)).code).toBe(status.UNAVAILABLE)
    openDoor()
    expect((await call).code).toBe(status.OK)
    await stopped
    expect(await it.spanCount()).toBe(1)
    for (const each of [caller, later]) each.close()
  })

  it('is closed at stop, and calls that never end are cut', async () => {
    const own = await ingestServer()
    const { calls, session } = await stalledCalls(own.grpcUrl, 1)
    const cut = new Promise(resolve => calls[0]?.once('close', resolve))
    await own.stop()
    await cut
    session.destroy()
  })
})

describe('messages on their way', () => {
  it('are so many at one time; the next is told to come again, and is let in when they are gone', async () => {
    const { calls, session } = await stalledCalls(server.grpcUrl, 32)
    const request = exportRequest(spanMessage())
    const { code, metadata } = await client.export('traces', request, bearer)
    expect([code, metadata.get('grpc-status-details-bin').length]).toEqual([status.UNAVAILABLE, 1])
    for (const call of calls) call.close(constants.NGHTTP2_CANCEL)
    await expect.poll(async () => (await client.export('traces', request, bearer)).code).toBe(status.OK)
    session.destroy()
  })
})

/** Calls that have a good key and never send their message. */
async function stalledCalls(url: string, count: number) {
  const session = connectHttp2(url.replace(/^grpc/, 'http'))
  session.on('error', () => {})
  const ready = new Promise(resolve => session.once('localSettings', resolve))
  const calls = Array.from({ length: count }, () => {
    const call = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...bearer,
    })
    return call.on('error', () => {})
  })
  for (const call of calls) call.write(Buffer.from([0, 0, 0, 1, 0]))
  await ready
  await new Promise(resolve => session.ping(resolve))
  return { session, calls }
}
