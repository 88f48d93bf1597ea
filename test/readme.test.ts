import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOwner, type Owner } from './setup/owner.ts'
import { cleanEnv, type Product, readyLine, startProduct, temporaryDir } from './setup/product.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const folder = temporaryDir()
let product: Product
let owner: Owner

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.path })
  const [, url] = await product.until(readyLine)
  owner = await createOwner(product, url!)
})
afterAll(async () => {
  await product.stop()
  folder.remove()
})

/** The first code block of a language whose text holds `part`, with this server's ports in place of the defaults. */
function block(language: string, part: string) {
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
  const found = blocks.find(([, name, text]) => name === language && text?.includes(part))?.[2]
  if (!found) throw new Error(`the README has no ${language} block with ${part}`)
  return found.replaceAll('http://localhost:4318', product.otlpUrl).replaceAll('http://localhost:3000', product.url)
}
const run = promisify(execFile)
const env = () => cleanEnv({ DAVYLAMP_API_KEY: owner.apiKey })
const page = async (path: string) => {
  const answer = await fetch(`${product.url}/p/${owner.projectId}${path}`, { headers: { cookie: owner.cookie } })
  return { status: answer.status, text: await answer.text() }
}

it('has a program of ten lines or so that sends a trace, which is then seen in the dashboard', async () => {
  const program = block('js', 'OTLPTraceExporter')
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(14)
  const file = join(root, 'test', `first-trace-${process.pid}.mjs`)
  writeFileSync(file, program)
  try {
    await run(process.execPath, [file], { env: env() })
  } finally {
    rmSync(file)
  }
  const traces = await page('/traces')
  const traceId = /\/traces\/([0-9a-f]{32})/.exec(traces.text)?.[1]
  expect(traces.text).toContain('chat gpt-4o-2024-11-20')
  const trace = await page(`/traces/${traceId}`)
  expect(trace.status).toBe(200)
  expect(trace.text).toContain('Hello?')
})

it('has commands that start a run and send a signal', async () => {
  const { stdout } = await run('bash', ['-c', block('sh', '/v1/runs')], { env: env() })
  const started = JSON.parse(stdout)
  expect(started).toMatchObject({ run_id: expect.any(String), trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) })
  const signal = block('sh', '/v1/signals').replace('"trace_id":"..."', `"trace_id":"${started.trace_id}"`)
  const answer = await run('bash', ['-c', signal], { env: env() })
  expect(JSON.parse(answer.stdout)).toMatchObject({ accepted: 1 })
})
