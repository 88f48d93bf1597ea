import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { snippets } from '../../app/routes/data-in/snippets.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { cleanEnv, type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, signedIn } from './browser.ts'

const folder = temporaryDir()
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.path })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  browser = await launch()
  context = await signedIn(browser, { cookie: owner.cookie, url: product.url })
})

afterAll(async () => {
  await browser?.close()
  await product?.stop()
  folder.remove()
})

const client = (id: string) => {
  const { env, otlpUrl, url } = product
  const endpoints = { otlp: otlpUrl, grpc: `http://localhost:${env.OTLP_GRPC_PORT}`, api: url }
  return (
    snippets(endpoints, owner.apiKey)
      .find(one => one.id === id)
      ?.steps.find(({ runs }) => runs)?.text ?? ''
  )
}

it('waits for the first span, which turns it into the way to the first trace; then shows what comes', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${product.url}/p/${owner.projectId}/data-in`)
  await page.getByText('Waiting for your first span.').waitFor()
  await page.getByRole('link', { name: 'curl' }).click()
  await page.waitForURL(/client=curl/)
  await expectAccessible(page)

  // What the page shows is pasted as it is, and the page tells by itself that it came.
  const shown = await page.locator('figure', { hasText: 'shell' }).locator('code').textContent()
  expect(shown).toContain(`Authorization: Bearer dlk_`)
  await promisify(execFile)('bash', ['-c', shown ?? ''], { env: cleanEnv() })
  const open = page.getByRole('link', { name: 'Open the newest trace' })
  await open.waitFor()
  await page.getByRole('row', { name: /curl/ }).waitFor()

  // A span that cannot be stored is told with what it was.
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'ab', name: 'lost one' }] }] }] })
  const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' }
  await fetch(`${product.otlpUrl}/v1/traces`, { method: 'POST', headers, body })
  const reject = page.locator('summary', { hasText: 'trace id is not 16 bytes long' })
  await reject.click()
  await page.getByText('"name": "lost one"').waitFor()
  await expectAccessible(page)
  await page.setViewportSize({ width: 375, height: 800 })
  await expectNoSidewaysScroll(page)

  await open.click()
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/)
  expect(faults).toEqual([])
  await page.close()
})

it('the set-up for browsers works from a page of another origin', async () => {
  // Bundled as a user's build would, with the bundler that builds the dashboard.
  const { build } = await import('vite')
  const name = 'snippet.js'
  const root = join(import.meta.dirname, '../..')
  const entry = join(root, 'test', name)
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'the snippet',
        resolveId: id => (id.endsWith(name) ? entry : null),
        load: id => (id === entry ? client('browser') : null),
      },
    ],
    build: { write: false, target: 'es2022', rollupOptions: { input: entry } },
  })
  const [bundle] = [result].flat()
  const code = bundle && 'output' in bundle ? bundle.output[0].code : ''
  const shop = createServer((request, response) => {
    const isScript = request.url === '/tracing.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? code : '<!doctype html><title>Shop</title><script type="module" src="/tracing.js"></script>',
    )
  }).listen(0)
  const { page } = await openPage(await browser.newContext())
  const landed = page.waitForResponse(
    answer => answer.url().endsWith('/v1/traces') && answer.request().method() === 'POST',
  )
  await page.goto(`http://localhost:${(shop.address() as AddressInfo).port}/`)
  expect((await landed).status()).toBe(200)
  shop.close()
  const headers = { cookie: owner.cookie }
  const traces = await fetch(`${product.url}/p/${owner.projectId}/traces`, { headers })
  expect(await traces.text()).toContain('chat gpt-4.1-mini')
})
