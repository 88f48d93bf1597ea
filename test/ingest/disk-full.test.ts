import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { mintProject, testStores } from '../setup/context.ts'
import { startProduct, temporaryDir } from '../setup/product.ts'
import { startProxy } from '../setup/proxy.ts'
import { jsonRequest, jsonSpan } from './otlp-factory.ts'

const { clickhouse } = testStores()
const folder = temporaryDir()
const proxy = await startProxy(inject('clickhouseUrl'))
afterAll(async () => {
  await proxy.close()
  folder.remove()
})

const disk = join(folder.path, 'disk')
mkdirSync(disk)
/** Runs a command that sees a small disk of its own at a folder; it is gone with the command. */
const onSmallDisk = (size: string) => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  ...[`mount -t tmpfs -o size=${size} tmpfs ${disk} && exec "$0" "$@"`],
]
const [command = '', ...args] = onSmallDisk('1m')
const canMount = spawnSync(command, [...args, 'true']).status === 0

const stored = async (projectId: string) => {
  const row = z.object({ rows: z.coerce.number(), distinct: z.coerce.number() })
  const sql = `select count() as rows, uniqExact(trace_id, span_id) as distinct from spans where project_id = {projectId:String}`
  return (await clickhouse.query({ sql, params: { projectId }, row }))[0]
}

// Where no disk can be mounted, what is left is the test of the spool with a limit on the size of files.
it.skipIf(!canMount)(
  'a disk that is full while ClickHouse is away: refused with a time to come again, and what was acknowledged lands once',
  async () => {
    const { projectId, apiKey } = await mintProject()
    const env = { CLICKHOUSE_URL: proxy.url, DATABASE_URL: inject('databaseUrl'), LOG_LEVEL: 'error' }
    const product = await startProduct({ dataDir: disk, roles: ['ingest'], env, through: onSmallDisk('3m') })
    await product.until(/ingest is ready|"ingest is ready"/).catch(() => {})
    const send = async (body: string) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
      return fetch(`${product.otlpUrl}/v1/traces`, { method: 'POST', body, headers })
    }
    const noise = () => Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join('')
    const bodies = Array.from({ length: 30 }, () =>
      JSON.stringify(jsonRequest([jsonSpan({ attributes: { noise: noise() } })])),
    )
    await expect.poll(async () => (await send(bodies[0] ?? '').catch(() => undefined))?.status).toBe(200)
    proxy.change('refuse')
    let acknowledged = 1
    const refused: string[] = []
    for (const body of bodies.slice(1)) {
      const answer = await send(body)
      if (answer.status === 200) acknowledged += 1
      else {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
        refused.push(body)
        expect(await answer.json()).toMatchObject({ code: 14, message: expect.stringContaining('ENOSPC') })
      }
    }
    expect(acknowledged).toBeGreaterThan(3)
    expect(refused.length).toBeGreaterThan(3)
    proxy.change('fair')
    await expect
      .poll(() => stored(projectId), { timeout: 40_000 })
      .toEqual({ rows: acknowledged, distinct: acknowledged })
    // With room again, what was refused is taken.
    for (const body of refused) await expect.poll(async () => (await send(body)).status).toBe(200)
    await expect.poll(() => stored(projectId), { timeout: 40_000 }).toEqual({ rows: 30, distinct: 30 })
    await product.stop()
  },
)
