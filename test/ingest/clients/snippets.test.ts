import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { snippets } from '../../../app/routes/data-in/snippets.ts'
import { startStandIn } from '../../model-stand-in/server.ts'
import { cleanEnv } from '../../setup/product.ts'
import { ingestServer } from '../server.ts'
import { landedSpans } from './landed.ts'

const server = await ingestServer()
const standIn = await startStandIn()
afterAll(() => standIn.close())

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const env = () => cleanEnv({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: standIn.url })
const runners = {
  bash: (text: string) => run('bash', ['-c', text], { env: env() }),
  async node(text: string) {
    const file = join(root, 'test', `snippet-${process.pid}.mjs`)
    writeFileSync(file, text)
    await run(process.execPath, [file], { env: env() }).finally(() => rmSync(file))
  },
}

const endpoints = (apiUrl = server.url) => ({
  otlp: server.url,
  grpc: server.grpcUrl.replace('grpc:', 'http:'),
  api: apiUrl,
})
const runnable = snippets(endpoints(), 'KEY').filter(({ steps }) =>
  steps.some(({ runs }) => runs === 'node' || runs === 'bash'),
)

it('there are programs to run for each kind of client', () => {
  expect(runnable.map(({ id }) => id)).toEqual([
    ...['node', 'node-json', 'node-grpc', 'langchain-js', 'ai-sdk', 'openllmetry', 'langfuse', 'langsmith', 'curl'],
  ])
})

const facts = { session_id: 'session-1', user_id: 'user-1' }
const call = { kind: 'llm', provider: 'openai', model: 'gpt-4.1-mini-2025-04-14', cost_source: 'computed' }
const genAi = { ...call, mapped_by: 'gen_ai.operation.name', input_tokens: 12, output_tokens: 5 }
const wanted: Record<string, object> = {
  node: { ...genAi, ...facts },
  'node-json': { ...genAi, ...facts },
  'node-grpc': { ...genAi, ...facts },
  'langchain-js': { ...call, ...facts, mapped_by: 'openinference.span.kind' },
  'ai-sdk': { ...call, ...facts, mapped_by: 'ai.operationId' },
  openllmetry: { ...call, mapped_by: 'gen_ai.operation.name' },
  langfuse: {
    kind: 'llm',
    mapped_by: 'langfuse.observation.type',
    input: 'Hello?',
    input_tokens: 12,
    output_tokens: 5,
  },
  langsmith: { kind: 'chain', name: 'greet', mapped_by: 'langsmith.span.kind' },
  curl: { ...genAi, service: 'curl' },
}

it.each(runnable.map(({ id, label }) => [label, id]))('%s: what is pasted and started lands', async (_, id) => {
  const sender = await server.newSender()
  const client = snippets(endpoints(), sender.apiKey).find(one => one.id === id)
  for (const { runs, text } of client?.steps ?? []) if (runs === 'node' || runs === 'bash') await runners[runs](text)
  const spans = await landedSpans(sender)
  expect(spans).toContainEqual(expect.objectContaining(wanted[id]))
})
