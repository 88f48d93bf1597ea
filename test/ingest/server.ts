import { afterAll } from 'vitest'
import { z } from 'zod'
import type { ClickHouse } from '../../db/clickhouse.ts'
import { type IngestOptions, startIngest } from '../../ingest/server.ts'
import { mintProject, testServices, testStores } from '../setup/context.ts'

/** A store that is busy with other tests is not away. */
const patience = { retryMs: [100, 400, 1_000], deadlineMs: 60_000 }

/** An ingest server on the test's stores; to be called at the top of a file. What it warns of is not printed. */
export async function ingestServer(options: IngestOptions = {}) {
  testStores()
  const services = await testServices()
  const running = await startIngest(services, { patience, ...options })
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= running.stop()
    return stopped
  }
  afterAll(stop)
  const [url = '', grpcUrl = ''] = running.urls
  return { services, url, grpcUrl, stop, newSender: async () => sender(url, services.clickhouse, await mintProject()) }
}

export type Sender = ReturnType<typeof sender>

/** Sends as a project of its own, and looks at what is stored for it. */
function sender(url: string, clickhouse: ClickHouse, { projectId, apiKey }: { projectId: string; apiKey: string }) {
  const post = (path: string, body: Buffer | string | null, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body: typeof body === 'string' || body === null ? body : new Uint8Array(body),
      headers: { authorization: `Bearer ${apiKey}`, ...headers },
    })

  const sendJson = (request: unknown, path = '/v1/traces') =>
    post(path, JSON.stringify(request), { 'content-type': 'application/json' })

  const query = <Row>(sql: string, row: z.ZodType<Row>) =>
    clickhouse.query({ sql, params: { project: projectId }, row })

  const spanCount = async () => {
    const [row] = await query('select count() as n from spans where project_id = {project:String}', counted)
    return row?.n ?? 0
  }
  const traceTotals = async () => {
    const sql = `
      select sum(span_count) as spans, sum(input_tokens) as input, sum(output_tokens) as output,
        sum(cost_nano_usd) as cost, sum(tool_count) as tools, uniqExact(trace_id) as traces
      from traces where project_id = {project:String}`
    return (await query(sql, totals))[0]
  }
  return { projectId, apiKey, post, sendJson, query, spanCount, traceTotals }
}

const whole = z.coerce.number()
const counted = z.object({ n: whole })
const totals = z.object({ spans: whole, input: whole, output: whole, cost: whole, tools: whole, traces: whole })
