import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { temporaryDir } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { runtimeEnv, startRuntime } from './runtime.ts'

const folder = temporaryDir()
afterAll(() => folder.remove())

it('stops work on a run before another worker takes it, also where the database has gone silent', async () => {
  // No model is called: the key only lets the graph serve.
  const env = await runtimeEnv({ WORKFLOWS_DIR: join(import.meta.dirname, 'workflows'), OPENAI_API_KEY: 'none' })
  const proxy = await startProxy(env.DATABASE_URL!)
  const cutOff = await startRuntime({ ...env, DATABASE_URL: proxy.url })
  const file = join(folder.path, 'told')
  const { run_id } = await cutOff.start({ file }, { workflow: 'patient' })
  const told = () => readFile(file, 'utf8').catch(() => '')
  await expect.poll(told).toBe('1 begins\n')
  proxy.change('hang')
  const other = await startRuntime(env, { ingest: false })
  await expect.poll(told).toMatch(/2 begins/)
  expect(await told()).toBe('1 begins\n1 stops\n2 begins\n')
  proxy.change('fair')
  await other.services.postgres.sql`update runs set cancel_requested_at = now() where id = ${run_id}`
  await expect.poll(told).toBe('1 begins\n1 stops\n2 begins\n2 stops\n')
  await cutOff.stop()
  await proxy.close()
})
