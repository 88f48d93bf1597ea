import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listRejects, mostRejects, openRejects } from '../../db/rejects.ts'
import { mintProject } from '../setup/context.ts'
import { grpcClient } from './grpc-client.ts'
import { hex, jsonRequest, jsonSpan } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'

const limit = 20_000
const server = await ingestServer({ limits: { bytes: limit, idleMs: 500 } })
const { postgres, log } = server.services
const protobuf = { 'content-type': 'application/x-protobuf' }
const json = { 'content-type': 'application/json' }
const since = new Date(Date.now() - 60_000)
const kept = ({ projectId }: Sender) => listRejects(postgres, { projectId, since })
const ledger = (sender: Sender) =>
  sender.query(
    `select item, reason, sum(ledger.count) as n from ledger
     where project_id = {project:String} and outcome = 'rejected' group by item, reason order by reason`,
    z.object({ item: z.string(), reason: z.string(), n: z.coerce.number() }),
  )

describe('a span that is rejected alone', () => {
  it('is kept as a sample by its reason, and no sound one is', async () => {
    const sender = await server.newSender()
    const attributes = { question: 'why', long: 'x'.repeat(5_000), nul: 'a\0b' }
    const bad = jsonSpan({ name: 'the bad one', traceId: '00', attributes })
    const request = jsonRequest([
      jsonSpan({ name: 'sound' }),
      bad,
      { ...bad, name: 'another' },
      jsonSpan({ spanId: '' }),
    ])
    await sender.post('/v1/traces', JSON.stringify(request), { ...json, 'user-agent': 'shop/1.0' })
    await expect.poll(() => kept(sender)).toHaveLength(2)
    const samples = new Map((await kept(sender)).map(one => [one.reason, one]))
    const short = samples.get('trace id is not 16 bytes long')
    expect(short).toMatchObject({ item: 'spans', client: 'shop' })
    expect(short?.sample).toContain('"name": "the bad one"')
    expect(short?.sample.length).toBeLessThan(2_001)
    expect(samples.get('span id is missing')?.sample).toContain('"spanId": ""')
    expect(JSON.stringify([...samples.values()])).not.toContain('sound"')
    await expect
      .poll(() => ledger(sender))
      .toEqual([
        { item: 'spans', reason: 'span id is missing', n: 1 },
        { item: 'spans', reason: 'trace id is not 16 bytes long', n: 2 },
      ])
  })
})

describe('a request of a known key that is refused whole is kept with how it begins', () => {
  it.each<[string, (sender: Sender) => Promise<Response>, number, string, string]>([
    [
      'bytes that are no protobuf',
      sender => sender.post('/v1/traces', Buffer.from([0x0a, 0x05, 0x68, 0x69]), protobuf),
      400,
      'undecodable request',
      '0000  0a 05 68 69                                      ··hi',
    ],
    [
      'text that is no JSON',
      sender => sender.post('/v1/logs', '{"a": oops', json),
      400,
      'undecodable request',
      '{"a": oops',
    ],
    [
      'what cannot be inflated',
      sender => sender.post('/v1/traces', 'no gzip', { ...json, 'content-encoding': 'gzip' }),
      400,
      'undecodable request',
      'no gzip',
    ],
    ['what is too large', sender => sender.post('/v1/traces', 'x'.repeat(limit + 1), json), 413, 'too large', ''],
    [
      'another content type',
      sender => sender.post('/v1/traces', 'hello', { 'content-type': 'text/plain' }),
      415,
      'content type or encoding not understood',
      '',
    ],
  ])('%s', async (_, send, status, reason, sample) => {
    const sender = await server.newSender()
    expect((await send(sender)).status).toBe(status)
    await expect.poll(() => kept(sender)).toMatchObject([{ item: 'requests', reason }])
    const [reject] = await kept(sender)
    expect(reject?.sample).toContain(sample)
    expect(reject?.detail).toMatch(/\w+ \w+ \w+/)
    await expect.poll(() => ledger(sender)).toEqual([{ item: 'requests', reason, n: 1 }])
  })

  it('over gRPC too: undecodable, and too large for the library itself', async () => {
    const sender = await server.newSender()
    const client = grpcClient(server.grpcUrl)
    const bearer = { authorization: `Bearer ${sender.apiKey}` }
    await client.export('traces', Buffer.from([0x0a, 0x05, 1]), bearer)
    await client.export('traces', Buffer.alloc(limit + 1), bearer)
    client.close()
    await expect
      .poll(async () => (await kept(sender)).map(({ reason }) => reason).sort())
      .toEqual(['too large', 'undecodable request'])
  })

  it('and one without a key is nobody’s', async () => {
    const [before] = await postgres.sql`select count(*)::int as n from rejects`
    await fetch(`${server.url}/v1/traces`, { method: 'POST', body: 'x', headers: json })
    await server.newSender()
    const [after] = await postgres.sql`select count(*)::int as n from rejects`
    expect(after?.n).toBe(before?.n)
  })
})

describe('what is kept', () => {
  const reject = (projectId: string, at: number) => ({
    projectId,
    item: 'spans' as const,
    reason: `reason ${at}`,
    client: 'c'.repeat(1_000),
    detail: `d\0${'🌱'.repeat(1_000)}`,
    sample: '\ud800'.repeat(10_000),
  })

  it('is bounded in number and size, whatever is sent: the newest stay', async () => {
    const { projectId } = await mintProject()
    const other = await mintProject()
    const rejects = openRejects({ postgres, log })
    rejects.note(reject(other.projectId, 1))
    for (let at = 0; at < 130; at++) rejects.note(reject(projectId, at))
    await rejects.flush()
    rejects.note({ ...reject(projectId, 0), reason: 'the newest' })
    await rejects.stop()
    const rows = await listRejects(postgres, { projectId, since })
    expect([rows.length, rows[0]?.reason]).toEqual([mostRejects, 'the newest'])
    for (const { client, detail, sample } of rows)
      expect([client.length, detail.length, sample.length]).toEqual([100, 500, 2_000])
    expect(await listRejects(postgres, { projectId: other.projectId, since })).toHaveLength(1)
  })

  it('is one row a kind, with the newest sample, and samples are made once a second', async () => {
    const { projectId } = await mintProject()
    const rejects = openRejects({ postgres, log })
    expect([rejects.wantsSample(projectId), rejects.wantsSample(projectId)]).toEqual([true, false])
    for (const sample of ['first', 'second']) {
      rejects.note({ ...reject(projectId, 1), sample })
      await rejects.flush()
    }
    expect(rejects.wantsSample(projectId)).toBe(true)
    await rejects.stop()
    expect((await listRejects(postgres, { projectId, since })).map(({ sample }) => sample)).toEqual(['second'])
  })

  it('of a project that is gone is dropped, and the next are kept', async () => {
    const { projectId } = await mintProject()
    const told: string[] = []
    const rejects = openRejects({ postgres, log: { ...log, warn: message => void told.push(message) } })
    rejects.note(reject(`p${hex(8)}`, 1))
    await rejects.flush()
    expect(told).toEqual(['cannot note what was refused'])
    rejects.note(reject(projectId, 1))
    await rejects.stop()
    expect(await listRejects(postgres, { projectId, since })).toHaveLength(1)
  })
})
