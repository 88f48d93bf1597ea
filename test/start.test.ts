import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { freePort, type Product, processesUsing, readyLine, startProduct, temporaryDir } from './setup/product.ts'

const folders: { remove(): void }[] = []
const started: Product[] = []
const folder = () => {
  const made = temporaryDir()
  folders.push(made)
  return made.path
}
async function start(options: Parameters<typeof startProduct>[0]) {
  const product = await startProduct(options)
  started.push(product)
  return product
}

afterEach(async () => {
  for (const product of started.splice(0)) await product.stop('SIGKILL')
  for (const made of folders.splice(0)) made.remove()
})

it('starts with nothing set, prints one URL, and stops cleanly within 5 s at SIGTERM and SIGINT, leaving no process', async () => {
  const dataDir = folder()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const product = await start({ dataDir })
    const [, url] = await product.until(readyLine)
    expect(url).toMatch(/\/welcome\?token=[\w-]{20,}$/)
    expect((await fetch(url!)).status).toBe(200)
    expect((await fetch(`${product.otlpUrl}/healthz`)).status).toBe(200)
    expect(await product.stop(signal)).toBeLessThan(5_000)
    expect(await product.ended).toBe(0)
    expect(await processesUsing(dataDir)).toEqual([])
  }
})

it('starts again after kill -9, and leaves no store behind when killed', async () => {
  const dataDir = folder()
  const first = await start({ dataDir })
  await first.until(readyLine)
  await first.stop('SIGKILL')
  const second = await start({ dataDir })
  await second.until(readyLine)
  expect((await fetch(`${second.url}/healthz`)).status).toBe(200)
  await second.stop('SIGKILL')
  await expect.poll(() => processesUsing(dataDir), { timeout: 15_000 }).toEqual([])
})

it('refuses a second instance on the same data directory in one sentence', async () => {
  const dataDir = folder()
  const first = await start({ dataDir })
  await first.until(readyLine)
  const second = await start({ dataDir })
  expect(await second.ended).toBe(1)
  expect(second.output()).toMatch(new RegExp(`in use by another Davylamp \\(pid ${first.pid}`))
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
})

it.each(['PORT', 'OTLP_HTTP_PORT'])('says which port is taken: %s', async name => {
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  const product = await start({ dataDir: folder(), env: { [name]: String(port) } })
  expect(await product.ended).toBe(1)
  expect(product.output()).toContain(`port ${port} is in use`)
  expect(product.output()).toContain(name)
  expect(await processesUsing(product.dataDir)).toEqual([])
  other.close()
})

it.each([
  [{ PORT: 'http' }, 'PORT must be a port number'],
  [{ DATA_DIR: '/proc/davylamp' }, 'DATA_DIR'],
  [{ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, 'DATABASE_URL'],
])('ends with one sentence and a non-zero code for %o', async (env, sentence) => {
  const product = await start({ dataDir: folder(), env })
  expect(await product.ended).toBe(1)
  expect(product.output()).toContain(sentence)
  expect(product.output()).not.toMatch(/\n\s+at /)
})

it('runs one role alone', async () => {
  const product = await start({ dataDir: folder(), roles: ['ingest'] })
  await product.until(/ingest is ready/)
  expect((await fetch(`${product.otlpUrl}/healthz`)).status).toBe(200)
  await expect(fetch(product.url)).rejects.toThrow()
})
