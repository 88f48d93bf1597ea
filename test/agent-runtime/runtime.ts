import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, inject } from 'vitest'
import { runsRouter, workflowsRouter } from '../../agent-runtime/server.ts'
import { startAgent } from '../../agent-runtime/worker.ts'
import { createApiKey } from '../../db/api-keys.ts'
import { loadConfig } from '../../db/config.ts'
import { parseRunEvent, type RunEvent } from '../../db/domain/run.ts'
import { createLogger } from '../../db/log.ts'
import { openPostgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { openServices, type Running, type Services } from '../../db/services.ts'
import { startIngest } from '../../ingest/server.ts'
import { freePort } from '../setup/product.ts'
import { quickTimes } from './times.ts'

export type RuntimeEnv = Record<string, string>

/** A database of its own: the job queue lives in it, and another file's worker must not take this file's runs. */
export async function freshDatabase(): Promise<string> {
  const admin = openPostgres(inject('databaseUrl'))
  const name = `t${randomBytes(6).toString('hex')}`
  await admin.sql.unsafe(`create database ${name}`)
  await admin.close()
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${name}`
  afterAll(async () => {
    const again = openPostgres(inject('databaseUrl'))
    await again.sql.unsafe(`drop database if exists ${name} with (force)`)
    await again.close()
  })
  return url.href
}

/** The settings of a runtime in the test's stores; no key, proxy or model of the machine comes in. */
export async function runtimeEnv(more: RuntimeEnv = {}): Promise<RuntimeEnv> {
  const port = String(await freePort())
  return {
    CLICKHOUSE_URL: inject('clickhouseUrl'),
    DATABASE_URL: await freshDatabase(),
    DATA_DIR: inject('dataDir'),
    OTLP_HTTP_PORT: port,
    OTLP_GRPC_PORT: '0',
    PORT: '0',
    LOG_LEVEL: 'error',
    ...more,
  }
}

export type Runtime = Awaited<ReturnType<typeof startRuntime>>

/** Real ingest, run API and (unless told) a worker, with a project and its key. All stop after the file's tests. */
export async function startRuntime(env: RuntimeEnv, { agent = true, ingest = true } = {}) {
  const config = loadConfig(env)
  const services = await openServices(config, createLogger(config.logLevel))
  const running: Running[] = []
  if (ingest) running.push(await startIngest(services))
  const startWorker = async () => {
    const worker = await startAgent(services, quickTimes)
    const part = {
      ...worker,
      async stop() {
        const at = running.indexOf(part)
        if (at < 0) return
        running.splice(at, 1)
        await worker.stop()
      },
    }
    running.push(part)
    return part
  }
  if (agent) await startWorker()
  const api = await listen(services)
  const projectId = await createProject(services.postgres, { name: 'Test' })
  const { key } = await createApiKey(services.postgres, { projectId, name: 'test' })
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await api.stop()
    for (const part of [...running].reverse()) await part.stop()
    await services.close()
  }
  afterAll(stop)
  return { env, services, startWorker, projectId, stop, ...client(api.url, key) }
}

async function listen(services: Services) {
  const app = express()
  app.use('/v1/runs', runsRouter(services))
  app.use('/v1/workflows', workflowsRouter(services))
  const server = createServer(app)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are read as a client would, without our types
type Json = any

/** The API as a customer's code calls it. */
function client(url: string, key: string) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  async function call(method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, ...more },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    return {
      status: answer.status,
      headers: answer.headers,
      json: (await answer.json().catch(() => undefined)) as Json,
    }
  }
  const get = (path: string) => call('GET', path)
  const post = (path: string, body: unknown = {}) => call('POST', path, body)
  const start = async (input: unknown, more: Record<string, unknown> = {}) => {
    const { status, json } = await post('/v1/runs', { workflow: 'analyze', input, ...more })
    if (status !== 202 && status !== 200) throw new Error(`POST /v1/runs answered ${status}: ${JSON.stringify(json)}`)
    return json as { run_id: string; trace_id: string; stream_url: string; feedback_token: string }
  }
  /** Reads the stream until it ends, or `until` says it is enough. */
  async function watch(
    runId: string,
    { after, until, lastEventId }: { after?: string; lastEventId?: string; until?(event: RunEvent): boolean } = {},
  ) {
    const stop = new AbortController()
    const query = after === undefined ? '' : `?after=${after}`
    const answer = await fetch(`${url}/v1/runs/${runId}/stream${query}`, {
      headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal: stop.signal,
    })
    const events: RunEvent[] = []
    let text = ''
    if (answer.status === 200 && answer.body) {
      const decoder = new TextDecoder()
      // The DOM's types do not know that a body can be iterated.
      reading: for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true })
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = parseSse(text.slice(0, end))
          text = text.slice(end + 2)
          if (!event) continue
          events.push(event)
          if (until?.(event)) break reading
        }
      }
      stop.abort()
    }
    return { status: answer.status, headers: answer.headers, events }
  }
  return { url, key, get, post, start, watch, call }
}

export function parseSse(block: string): RunEvent | undefined {
  const data = block
    .split('\n')
    .filter(line => line.startsWith('data: '))
    .map(line => line.slice(6))
  return data.length > 0 ? parseRunEvent(JSON.parse(data.join('\n'))) : undefined
}

/** What the types of events are, tokens in a row as one. */
export const shape = (events: RunEvent[]) =>
  events.map(({ type }) => type).filter((type, i, all) => type !== 'token' || all[i - 1] !== 'token')
export const seqs = (events: RunEvent[]) => events.map(({ seq }) => seq)
export const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
