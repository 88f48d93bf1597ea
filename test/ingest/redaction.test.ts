import { afterAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { offloadAbove } from '../../db/domain/offload.ts'
import { detectorNames, noRules, type RedactionRules } from '../../db/domain/redaction/rules.ts'
import { createLogger } from '../../db/log.ts'
import { readRedaction, saveRedaction } from '../../db/redaction.ts'
import { listRejects } from '../../db/rejects.ts'
import { openServices } from '../../db/services.ts'
import { startIngest } from '../../ingest/server.ts'
import { mintProject, testConfig } from '../setup/context.ts'
import { temporaryDir } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { exportRequest, field, grpcClient, spanMessage } from './grpc-client.ts'
import { hex, jsonAttributes, jsonRequest, jsonSpan, jsonValue, type Plain } from './otlp-factory.ts'
import { ingestServer, type Sender } from './server.ts'
import { spooledBytes, tablesWith } from './stored-texts.ts'

const server = await ingestServer()
const { postgres, clickhouse } = server.services
const client = grpcClient(server.grpcUrl)
afterAll(() => client.close())
const userId = 'redaction-tester'
await postgres.sql`insert into users (id, name, email) values (${userId}, 'Ada', 'redaction@example.org')`

const rules: RedactionRules = {
  detectors: [...detectorNames],
  patterns: [{ name: 'customer', pattern: 'CUST-\\d{6}' }],
  attributes: ['user.id', 'patient.*', 'gen_ai.tool.call.arguments'],
}
const setRules = (projectId: string, given = rules, version = 0) =>
  saveRedaction(postgres, { projectId, userId, rules: given, version })
const redacting = async (given = rules) => {
  const sender = await server.newSender()
  expect(await setRules(sender.projectId, given)).toBe(true)
  return sender
}

const mail = 'ada.lovelace@example.com'
const secrets = [
  mail,
  '4111 1111 1111 1111',
  '4111111111111111',
  'CUST-123456',
  '203.0.113.77',
  'Bearer abcdef0123456789xyz',
  'hidden-value',
  'hidden-user',
]
const said = `I am ${mail}, I paid with 4111 1111 1111 1111 as CUST-123456 from 203.0.113.77; Bearer abcdef0123456789xyz`
const message = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `Hi\n${said}` }] }])
const everywhere: Record<string, Plain> = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.request.stop_sequences': [mail],
  'gen_ai.input.messages': message,
  'gen_ai.output.messages': message.replaceAll('@', '\\u0040'),
  'user.id': 'hidden-user',
  'session.id': 'kept-session',
  'patient.name': 'hidden-value',
  'patient.age': 12,
  note: said,
  numbers: [4111111111111111, 5],
  nested: { deep: { [mail]: said } },
  tags: [`by ${mail}`],
  harmless: 'control-text',
}
const spanEverywhere = (more: object = {}, attributes: Record<string, Plain> = {}) => ({
  ...jsonSpan({ attributes: { ...everywhere, ...attributes } }),
  name: `answer ${mail}`,
  status: { code: 2, message: `no answer for ${mail}` },
  events: [
    {
      timeUnixNano: `${Date.now()}000000`,
      name: 'exception',
      attributes: jsonAttributes({ 'exception.message': said, 'patient.name': 'hidden-value' }),
    },
  ],
  links: [{ traceId: hex(16), spanId: mail, attributes: jsonAttributes({ why: said }) }],
  ...more,
})
const resource = { 'service.name': 'shop', owner: said, 'patient.ward': 'hidden-value' }
const toolSpan = () =>
  jsonSpan({
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'search',
      'gen_ai.tool.call.arguments': '{"q":"hidden-value"}',
      'gen_ai.tool.call.result': JSON.stringify({ rows: [JSON.stringify({ mail })] }),
    },
  })

async function expectNothing(sender: Sender, tables: string[]) {
  expect(await tablesWith(clickhouse, sender.projectId, 'control-text')).toEqual(tables)
  for (const secret of secrets)
    expect([secret, await tablesWith(clickhouse, sender.projectId, secret)]).toEqual([secret, []])
}

const row = z.object({
  name: z.string(),
  userId: z.string(),
  sessionId: z.string(),
  toolName: z.string(),
  toolArguments: z.string(),
  toolResult: z.string(),
  input: z.string(),
  output: z.string(),
  model: z.string(),
  statusMessage: z.string(),
  attributes: z.record(z.string(), z.string()),
  toolOutcome: z.string(),
})
const spansOf = (sender: Sender) =>
  sender.query(
    `select name, user_id as userId, session_id as sessionId, tool_name as toolName, tool_arguments as toolArguments, tool_result as toolResult,
       input, output, model, status_message as statusMessage, attributes, tool_outcome as toolOutcome
     from spans where project_id = {project:String} order by name`,
    row,
  )

describe('spans', () => {
  it('as JSON: nothing that the rules find is in any column of any table, and all else is', async () => {
    const sender = await redacting()
    const named = {
      ...jsonSpan({ attributes: { 'gen_ai.operation.name': 'execute_tool' } }),
      name: `execute_tool ${mail}`,
    }
    const request = jsonRequest([spanEverywhere(), toolSpan(), named], resource)
    expect((await sender.sendJson(request)).status).toBe(200)
    await expectNothing(sender, ['spans'])
    const [tool, chat, unnamed] = await spansOf(sender)
    expect(chat).toMatchObject({
      name: 'answer [redacted: e-mail]',
      statusMessage: 'no answer for [redacted: e-mail]',
      userId: '',
      sessionId: 'kept-session',
      model: 'gpt-4o',
    })
    const content =
      'Hi\nI am [redacted: e-mail], I paid with [redacted: card] as [redacted: customer] from [redacted: IP address]; Bearer [redacted: secret]'
    expect(JSON.parse(chat?.input ?? '')).toEqual([{ role: 'user', parts: [{ type: 'text', content }] }])
    expect(JSON.parse(chat?.output ?? '')).toEqual([{ role: 'user', parts: [{ type: 'text', content }] }])
    expect(chat?.attributes).toMatchObject({
      'patient.name': '"[redacted]"',
      'patient.age': '"[redacted]"',
      numbers: '["[redacted: card]",5]',
      harmless: '"control-text"',
    })
    expect(unnamed).toMatchObject({ name: 'execute_tool [redacted: e-mail]', toolName: '[redacted: e-mail]' })
    expect(tool).toMatchObject({ toolArguments: '[redacted]', toolName: 'search', toolOutcome: 'ok' })
    expect(JSON.parse(JSON.parse(tool?.toolResult ?? '').rows[0])).toEqual({ mail: '[redacted: e-mail]' })
  })

  it('as protobuf, over HTTP and gRPC', async () => {
    const text = (value: string) => field(1, value)
    const attribute = (number: number, key: string, value: string) =>
      field(number, Buffer.concat([field(1, key), field(2, text(value))]))
    const span = () =>
      Buffer.concat([
        spanMessage({ name: `answer ${mail}` }),
        ...Object.entries({
          'gen_ai.operation.name': 'chat',
          'gen_ai.input.messages': message,
          'user.id': 'hidden-user',
          'patient.name': 'hidden-value',
          note: said,
          harmless: 'control-text',
        }).map(([key, value]) => attribute(9, key, value)),
        field(11, Buffer.concat([field(2, 'exception'), attribute(3, 'exception.message', said)])),
      ])
    const sender = await redacting()
    const other = await server.newSender()
    for (const one of [sender, other]) {
      const answer = await one.post('/v1/traces', exportRequest(span()), { 'content-type': 'application/x-protobuf' })
      expect(answer.status).toBe(200)
      const { code } = await client.export('traces', exportRequest(span()), { authorization: `Bearer ${one.apiKey}` })
      expect(code).toBe(0)
      expect(await one.spanCount()).toBe(2)
    }
    await expectNothing(sender, ['spans'])
    expect((await spansOf(sender)).map(({ userId }) => userId)).toEqual(['', ''])
    expect(await tablesWith(clickhouse, other.projectId, mail)).toContain('spans')
    expect((await spansOf(other)).map(({ userId }) => userId)).toEqual(['hidden-user', 'hidden-user'])
  })

  it('of megabytes, out of line', async () => {
    const sender = await redacting()
    const long = JSON.stringify([{ role: 'user', content: `${'word '.repeat(offloadAbove)}\n${said}` }])
    const attributes = { 'gen_ai.input.messages': long, note: `${'x'.repeat(2 * offloadAbove)} ${said} control-text` }
    expect((await sender.sendJson(jsonRequest([spanEverywhere({}, attributes)]))).status).toBe(200)
    await expectNothing(sender, ['payloads', 'spans'])
    expect(await tablesWith(clickhouse, sender.projectId, '[redacted: customer]')).toContain('payloads')
  })

  it('that are rejected leave no sample with it, nor does a request that is refused whole', async () => {
    const sender = await redacting()
    const bad = spanEverywhere({ traceId: mail })
    expect((await sender.sendJson(jsonRequest([jsonSpan(), bad]))).status).toBe(200)
    for (const type of ['application/json', 'application/x-protobuf'])
      expect((await sender.post('/v1/traces', `{"cut": "${said} hidden-value`, { 'content-type': type })).status).toBe(
        400,
      )
    const kept = () => listRejects(postgres, { projectId: sender.projectId, since: new Date(Date.now() - 60_000) })
    await expect.poll(async () => (await kept()).length).toBeGreaterThanOrEqual(2)
    const samples = JSON.stringify(await kept())
    expect(samples).toContain('control-text')
    expect(samples).toContain('[redacted: e-mail]')
    expect(samples).toContain('Not kept: this project redacts')
    for (const secret of secrets) expect([secret, samples.includes(secret)]).toEqual([secret, false])
  })
})

it('events that come as logs', async () => {
  const sender = await redacting()
  const ids = { traceId: hex(16), spanId: hex(8) }
  const record = (eventName: string, attributes: Record<string, Plain>, body: Plain = null) => ({
    ...ids,
    eventName,
    timeUnixNano: `${Date.now()}000000`,
    body: jsonValue(body),
    attributes: jsonAttributes(attributes),
  })
  const logRecords = [
    record('gen_ai.client.inference.operation.details', {
      'gen_ai.input.messages': message,
      'patient.name': 'hidden-value',
      card: 4111111111111111,
    }),
    record(
      'gen_ai.user.message',
      { harmless: 'control-text' },
      { content: said, 'patient.name': 'hidden-value', [mail]: { [mail]: [said] } },
    ),
    record('feature_flag.evaluation', {
      'feature_flag.key': 'model',
      'feature_flag.result.variant': 'canary',
      'feature_flag.context.id': mail,
    }),
  ]
  const request = { resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords }] }] }
  for (const _ of [1, 2]) expect((await sender.sendJson(request, '/v1/logs')).status).toBe(200)
  // A key that is an address stands as a top-level key, as those of attributes do.
  expect(await tablesWith(clickhouse, sender.projectId, 'canary')).toContain('traces')
  for (const secret of secrets.slice(1))
    expect([secret, await tablesWith(clickhouse, sender.projectId, secret)]).toEqual([secret, []])
  const events = await sender.query(
    'select id, input from span_events final where project_id = {project:String}',
    z.object({ id: z.string(), input: z.string() }),
  )
  expect(new Set(events.map(({ id }) => id)).size).toBe(3)
  expect(events.filter(({ input }) => input.includes('[redacted: e-mail]'))).toHaveLength(2)
})

it('the words of feedback', async () => {
  const sender = await redacting()
  const signal = {
    trace_id: hex(16),
    id: 'one',
    kind: 'comment',
    comment: said,
    labels: { why: said, 'patient.name': 'hidden-value', other: 'control-text' },
    user_id: 'ada',
  }
  expect(await (await sender.sendJson(signal, '/v1/signals')).json()).toMatchObject({ accepted: 1, repeated: 0 })
  expect(await (await sender.sendJson(signal, '/v1/signals')).json()).toMatchObject({ accepted: 1, repeated: 1 })
  await expectNothing(sender, ['signals'])
})

it('what waits on disk while ClickHouse is away', async () => {
  const folder = temporaryDir()
  const proxy = await startProxy(inject('clickhouseUrl'))
  const services = await openServices(
    testConfig({ CLICKHOUSE_URL: proxy.url, DATA_DIR: folder.path }),
    createLogger('error'),
  )
  const running = await startIngest(services)
  try {
    const { projectId, apiKey } = await mintProject()
    await setRules(projectId)
    proxy.change('refuse')
    const long = { 'gen_ai.input.messages': `${'word '.repeat(offloadAbove)}\n${said}` }
    const body = JSON.stringify(jsonRequest([spanEverywhere(), spanEverywhere({}, long)], resource))
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    expect((await fetch(`${running.urls[0]}/v1/traces`, { method: 'POST', body, headers })).status).toBe(200)
    const bytes = await spooledBytes(folder.path)
    expect(bytes.includes('control-text')).toBe(true)
    for (const secret of secrets) expect([secret, bytes.includes(secret)]).toEqual([secret, false])
    proxy.change('fair')
    await expect.poll(() => tablesWith(clickhouse, projectId, 'control-text')).toEqual(['spans'])
    for (const secret of secrets) expect(await tablesWith(clickhouse, projectId, secret)).toEqual([])
  } finally {
    await running.stop()
    await services.close()
    await proxy.close()
    folder.remove()
  }
})

describe('rules', () => {
  it('hold within ten seconds of their change', async () => {
    const sender = await server.newSender()
    const send = () => sender.sendJson(jsonRequest([jsonSpan({ attributes: { note: mail } })]))
    await send()
    await setRules(sender.projectId)
    const start = Date.now()
    const redacted = async () => {
      await send()
      return tablesWith(clickhouse, sender.projectId, '[redacted: e-mail]')
    }
    await expect.poll(redacted, { interval: 500, timeout: 30_000 }).toEqual(['spans'])
    expect(Date.now() - start).toBeLessThan(15_000)
  })

  it('keep what was known of a trace before them from its later spans', async () => {
    const sender = await server.newSender()
    const traceId = hex(16)
    const send = (name: string) =>
      sender.sendJson(jsonRequest([{ ...jsonSpan({ traceId, attributes: { 'user.id': 'hidden-user' } }), name }]))
    await send('before')
    await setRules(sender.projectId)
    const users = async () => {
      await send('after')
      return new Set((await spansOf(sender)).map(({ name, userId }) => `${name} ${userId}`))
    }
    await expect.poll(users, { interval: 500, timeout: 30_000 }).toContain('after ')
  })

  it('that two people change at one time are refused to the second', async () => {
    const { projectId } = await server.newSender()
    expect(await setRules(projectId, rules, 0)).toBe(true)
    expect(await setRules(projectId, noRules, 0)).toBe(false)
    expect(await setRules(projectId, { ...rules, patterns: [] }, 1)).toBe(true)
    expect(await setRules(projectId, noRules, 1)).toBe(false)
    expect(await readRedaction(postgres, projectId)).toEqual({ rules: { ...rules, patterns: [] }, version: 2 })
    const other = await server.newSender()
    expect(await setRules(other.projectId, rules, 3)).toBe(false)
  })
})
