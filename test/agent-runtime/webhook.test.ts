import { afterAll, beforeAll, expect, it } from 'vitest'
import { signature } from '../../alerts/channels/webhook.ts'
import { startSender } from '../../alerts/notify.ts'
import { cancelRun } from '../../db/run-attempts.ts'
import { runWebhookSecret } from '../../db/sealed.ts'
import { type Catcher, startCatcher } from '../peers/catcher.ts'
import { type Runtime, runtimeEnv, startRuntime } from './runtime.ts'

const times = { pollMs: 20, leaseMs: 5_000, answerMs: 5_000, firstRetryMs: 50, longestRetryMs: 200 }
let runtime: Runtime
let strict: Runtime
let peer: Catcher
let sender: ReturnType<typeof startSender>

beforeAll(async () => {
  peer = await startCatcher()
  // Without a model's key the deterministic path serves: a run ends in a moment.
  runtime = await startRuntime(await runtimeEnv({ ALLOW_PRIVATE_ADDRESSES: 'true' }))
  strict = await startRuntime(await runtimeEnv(), { agent: false, ingest: false })
  sender = startSender(runtime.services, { times })
})
afterAll(async () => {
  await sender.stop()
  await peer.close()
})

const caughtOf = (runId: string) => peer.caught.filter(one => one.body.includes(runId))
const question = { question: 'How do I send traces?' }

it('tells the webhook once when the run has ended, signed with the project’s secret', async () => {
  const run = await runtime.start(question, { user_id: 'ada', webhook: `${peer.url}/done`, metadata: { order: 7 } })
  await expect.poll(() => caughtOf(run.run_id).length).toBe(1)
  const [told] = caughtOf(run.run_id)
  const { headers, body } = told!
  const secret = runWebhookSecret(runtime.services.secret, runtime.projectId)
  const seconds = Number(headers['webhook-timestamp'])
  expect(headers['webhook-id']).toBe(`${run.run_id}_ended`)
  expect(headers['webhook-signature']).toBe(signature({ id: headers['webhook-id']!, seconds, body }, secret))
  expect(JSON.parse(body)).toMatchObject({
    type: 'run.ended',
    data: {
      run_id: run.run_id,
      trace_id: run.trace_id,
      status: 'done',
      user_id: 'ada',
      metadata: { order: 7 },
      result: expect.any(Object),
    },
  })
  const { json } = await runtime.get(`/v1/runs/${run.run_id}`)
  expect(json.status).toBe('done')
})

it('tells of a run that was cancelled, and tries again with the same id when it is not taken', async () => {
  const answers = [{ status: 503 }, { status: 500 }]
  peer.handle(() => answers.shift() ?? { status: 204 })
  // No job was made for this one: it is cancelled while it waits.
  const { postgres } = runtime.services
  const [row] = await postgres.sql`
    insert into runs (id, project_id, trace_id, workflow, workflow_version, input, webhook)
    values ('run_00000000000000000001', ${runtime.projectId}, ${'c'.repeat(32)}, 'absent', '1', '{}', ${`${peer.url}/cancelled`})
    returning id`
  await cancelRun(postgres, row?.id)
  await cancelRun(postgres, row?.id)
  await expect.poll(() => caughtOf(row?.id).length).toBe(3)
  const told = caughtOf(row?.id)
  expect(new Set(told.map(one => one.headers['webhook-id'])).size).toBe(1)
  expect(JSON.parse(told[2]!.body).data.status).toBe('cancelled')
})

it.each([
  ['ftp://example.com/x', 'must begin with https'],
  ['not a url', 'not a URL'],
  ['http://127.0.0.1:9/x', 'not a public address'],
  ['http://[::ffff:10.0.0.1]/x', 'not a public address'],
  ['http://localhost/x', 'not a public address'],
])('refuses the webhook %s with a sentence', async (webhook, words) => {
  const { status, json } = await strict.post('/v1/runs', { workflow: 'analyze', input: question, webhook })
  expect(status).toBe(400)
  expect(json.error).toMatchObject({ code: 'bad_input', path: 'webhook', message: expect.stringContaining(words) })
})
