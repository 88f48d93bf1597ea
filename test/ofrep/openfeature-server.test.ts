import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { type Client, OpenFeature } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { booleanDoc, changeFlag, putFlag, workflowDoc } from '../flags/factory.ts'
import { ingestServer } from '../ingest/server.ts'
import { cleanEnv } from '../setup/product.ts'
import { inEffect, type Ofrep, startOfrep } from './server.ts'

const ingest = await ingestServer()
let ofrep: Ofrep
let project: Awaited<ReturnType<Ofrep['newProject']>>
let client: Client
beforeAll(async () => {
  ofrep = await startOfrep({}, ingest.services)
  project = await ofrep.newProject()
  const value = (type: string, a: unknown, b: unknown) => ({
    type,
    variants: { a, b },
    offVariant: 'b',
    otherwise: { variant: 'a' },
  })
  await putFlag(project.at, booleanDoc('bool'))
  await putFlag(project.at, booleanDoc('text', value('string', 'warm', 'cool')))
  await putFlag(project.at, booleanDoc('count', value('number', 2.5, 1)))
  await putFlag(project.at, booleanDoc('shape', value('object', { deep: { list: [1, 2] } }, {})))
  await putFlag(project.at, booleanDoc('off', { state: 'off' }))
  await putFlag(project.at, workflowDoc('agent', { state: 'canary', share: 500 }))
  const rules = [{ when: [{ attribute: 'plan', op: 'is', values: ['pro'] }], serve: { variant: 'no' } }]
  await inEffect(ofrep, await putFlag(project.at, booleanDoc('ruled', { rules })))
  const headers: [string, string][] = [['X-API-Key', project.serverKey]]
  await OpenFeature.setProviderAndWait('davylamp', new OFREPProvider({ baseUrl: ofrep.url, headers }))
  client = OpenFeature.getClient('davylamp')
})
afterAll(() => OpenFeature.close())

describe('the server SDK of OpenFeature, with its OFREP provider', () => {
  it('evaluates flags of every type', async () => {
    expect(await client.getBooleanValue('bool', false)).toBe(true)
    expect(await client.getStringValue('text', '')).toBe('warm')
    expect(await client.getNumberValue('count', 0)).toBe(2.5)
    expect(await client.getObjectValue('shape', {})).toEqual({ deep: { list: [1, 2] } })
  })

  it('is told variant, reason and metadata', async () => {
    expect(await client.getBooleanDetails('bool', false)).toMatchObject({
      value: true,
      variant: 'yes',
      reason: 'STATIC',
      flagMetadata: { flagSetId: project.projectId, version: 1 },
    })
    expect(await client.getBooleanDetails('ruled', true, { plan: 'pro' })).toMatchObject({
      value: false,
      reason: 'TARGETING_MATCH',
    })
    expect(await client.getStringDetails('agent', 'control', { targetingKey: 'ada' })).toMatchObject({
      reason: 'SPLIT',
      variant: expect.stringMatching(/^(canary|control|default)$/),
    })
  })

  it('gets an explicit value from a flag that is off, and no error', async () => {
    const details = await client.getBooleanDetails('off', true)
    expect(details).toMatchObject({ value: false, variant: 'no', reason: 'DISABLED' })
    expect(details.errorCode).toBeUndefined()
  })

  it('serves the code’s default with the reason why', async () => {
    expect(await client.getBooleanDetails('gone', true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' })
    expect(await client.getStringDetails('agent', 'control')).toMatchObject({
      value: 'control',
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await client.getStringDetails('bool', 'x')).toMatchObject({ value: 'x', errorCode: 'TYPE_MISMATCH' })
  })

  it('sees a change at once', async () => {
    await inEffect(ofrep, await changeFlag(project.at, 'text', { otherwise: { variant: 'b' } }))
    expect(await client.getStringValue('text', '')).toBe('cool')
  })

  it('with a wrong key, or a server that is away, serves the code’s default', async () => {
    const providerAt = (baseUrl: string) => new OFREPProvider({ baseUrl, headers: [['X-API-Key', 'dlk_wrong']] })
    await OpenFeature.setProviderAndWait('wrong', providerAt(ofrep.url))
    await OpenFeature.setProviderAndWait('away', providerAt('http://127.0.0.1:9'))
    for (const domain of ['wrong', 'away'])
      expect(await OpenFeature.getClient(domain).getBooleanValue('bool', false)).toBe(false)
  })
})

describe('an evaluation from outside', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/flags.md'), 'utf8')
  const program = /```js\n(import \{ OFREPProvider \}[\s\S]*?)```/.exec(docs)?.[1] ?? ''

  /** Runs the program of the documentation, changed here and there, against these servers. */
  async function runDocumented(key: string, change: (text: string) => string = text => text) {
    const text = change(program)
      .replaceAll('http://localhost:4318', ingest.url)
      .replaceAll('http://localhost:3000', ofrep.url)
    const file = join(import.meta.dirname, `documented-${process.pid}-${Math.random().toString(36).slice(2)}.mjs`)
    writeFileSync(file, text)
    try {
      return await promisify(execFile)(process.execPath, [file], { env: cleanEnv({ DAVYLAMP_API_KEY: key }) })
    } finally {
      rmSync(file)
    }
  }
  const row = z.object({ name: z.string(), user: z.string(), flags: z.record(z.string(), z.string()) })
  const spansOf = (projectId: string) =>
    ingest.services.clickhouse.query({
      sql: `select name, user_id as user, feature_flags as flags from spans where project_id = {project:String} order by start_time`,
      params: { project: projectId },
      row,
    })

  it('counts as exposure, since its trace says so: the program of the documentation', async () => {
    const own = await ofrep.newProject()
    await inEffect(ofrep, await putFlag(own.at, workflowDoc('support-agent', { state: 'canary', share: 10_000 })))
    const { stdout } = await runDocumented(own.serverKey)
    expect(stdout).toBe('serve the canary\n')
    expect(await spansOf(own.projectId)).toEqual([
      { name: 'answer a question', user: 'ada', flags: { 'support-agent': 'canary' } },
    ])
    const [trace] = await ingest.services.clickhouse.query({
      sql: 'select groupUniqArrayArray(feature_flags) as flags from traces where project_id = {project:String}',
      params: { project: own.projectId },
      row: z.object({ flags: z.array(z.string()) }),
    })
    expect(trace?.flags).toEqual(['support-agent=canary'])
  })

  it('by the hook that makes a span of its own, too', async () => {
    const own = await ofrep.newProject()
    await inEffect(ofrep, await putFlag(own.at, workflowDoc('support-agent', { state: 'canary', share: 10_000 })))
    await runDocumented(own.serverKey, text => text.replaceAll('SpanEventHook', 'SpanHook'))
    const spans = await spansOf(own.projectId)
    expect(spans.map(({ name }) => name).sort()).toEqual(['answer a question', 'feature_flag.evaluation'])
    const evaluation = spans.find(({ name }) => name === 'feature_flag.evaluation')
    expect(evaluation?.flags).toEqual({ 'support-agent': 'canary' })
  })

  it('by the hook that writes a log record, too', async () => {
    const own = await ofrep.newProject()
    await inEffect(ofrep, await putFlag(own.at, workflowDoc('support-agent', { state: 'canary', share: 10_000 })))
    await runDocumented(own.serverKey, text =>
      text
        .replaceAll('SpanEventHook', 'EventHook')
        .replace("import { trace } from '@opentelemetry/api'", withLogs)
        .replace('await tracing.shutdown()', 'await tracing.shutdown()\nawait logging.shutdown()'),
    )
    const exposed = async () =>
      ingest.services.clickhouse.query({
        sql: 'select groupUniqArrayArray(feature_flags) as flags from traces where project_id = {project:String}',
        params: { project: own.projectId },
        row: z.object({ flags: z.array(z.string()) }),
      })
    expect(await exposed()).toEqual([{ flags: ['support-agent=canary'] }])
  })

  it('that failed is no exposure', async () => {
    const own = await ofrep.newProject()
    const { stdout } = await runDocumented(own.serverKey)
    expect(stdout).toBe('serve the control\n')
    expect((await spansOf(own.projectId)).map(({ flags }) => flags)).toEqual([{}])
  })
})

const withLogs = `
import { trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
const logHeaders = { authorization: 'Bearer ' + process.env.DAVYLAMP_API_KEY }
const logExporter = new OTLPLogExporter({ url: 'http://localhost:4318/v1/logs', headers: logHeaders })
const logging = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] })
logs.setGlobalLoggerProvider(logging)
`
