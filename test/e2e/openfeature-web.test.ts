import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createApiKey } from '../../db/api-keys.ts'
import { cohortOf } from '../../db/domain/flags/evaluate.ts'
import { bucketOf } from '../../db/domain/flags/hash.ts'
import { openPostgres, type Postgres } from '../../db/postgres.ts'
import { createProject } from '../../db/projects.ts'
import { readRunning } from '../../db/stores.ts'
import { booleanDoc, changeFlag, putFlag, switchAi, workflowDoc } from '../flags/factory.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { launch, openPage } from './browser.ts'
import { bundle } from './bundle.ts'
import { type Site, startSite } from './site.ts'

const folder = temporaryDir()
let product: Product
let postgres: Postgres
let browser: Browser
let site: Site
let page: Page
let faults: string[]
let at: { postgres: Postgres; projectId: string }
let key: string

/** What an application would write: the SDK, the provider, a client, and what it shows. */
const application = `
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk'

const params = new URLSearchParams(location.search)
const client = OpenFeature.getClient()
const show = () => {
  document.querySelector('#composer').textContent = String(client.getBooleanValue('new-composer', false))
  const arm = client.getStringDetails('agent', 'control')
  document.querySelector('#arm').textContent = [arm.value, arm.variant, arm.reason, arm.errorCode ?? ''].join(' ')
  document.querySelector('#hidden').textContent = client.getBooleanDetails('hidden', false).errorCode ?? 'seen'
}
for (const event of [ProviderEvents.Ready, ProviderEvents.ConfigurationChanged, ProviderEvents.ContextChanged])
  client.addHandler(event, show)
;(window as any).become = (targetingKey: string) => OpenFeature.setContext({ targetingKey })
const start = async () => {
  await OpenFeature.setContext({ targetingKey: params.get('user') })
  const headers = [['authorization', 'Bearer ' + params.get('key')]]
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: params.get('at'), headers, cacheMode: 'disabled' }))
}
start().catch(error => { document.querySelector('#fault').textContent = String(error) })
`
const html =
  '<!doctype html><html lang="en"><title>Shop</title><p id="composer"></p><p id="arm"></p><p id="hidden"></p><p id="fault"></p><script src="/app.js"></script></html>'

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.path })
  await product.until(readyLine)
  postgres = openPostgres(readRunning(folder.path).postgres)
  const projectId = await createProject(postgres, { name: 'Shop' })
  at = { postgres, projectId }
  key = (await createApiKey(postgres, { projectId, name: 'shop', audience: 'client' })).key
  await putFlag(at, booleanDoc('new-composer', { public: true }))
  await putFlag(at, booleanDoc('hidden'))
  await putFlag(at, workflowDoc('agent', { public: true, state: 'canary', share: 5000 }))
  site = await startSite({ '/': html, '/app.js': await bundle(application) })
  browser = await launch()
})
beforeEach(async () => {
  const opened = await openPage(await browser.newContext())
  page = opened.page
  faults = opened.faults
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
  await postgres?.close()
  await product?.stop()
  folder.remove()
})

const userIn = (cohort: string) => {
  for (let n = 0; ; n++) if (cohortOf(bucketOf('s', `user-${n}`), 5000) === cohort) return `user-${n}`
}
const open = (user: string, withKey = key) =>
  page.goto(`${site.url}/?${new URLSearchParams({ at: product.url, key: withKey, user })}`)
const text = (id: string) => page.locator(`#${id}`).textContent()

it('evaluates flags in a page of another origin, with a client key, and not those that are not public', async () => {
  await open(userIn('canary'))
  await expect.poll(() => text('composer')).toBe('true')
  expect(await text('arm')).toBe('canary canary SPLIT ')
  expect(await text('hidden')).toBe('FLAG_NOT_FOUND')
  expect([await text('fault'), faults]).toEqual(['', []])
})

it('follows a change while the page is open', async () => {
  await open(userIn('canary'))
  await expect.poll(() => text('composer')).toBe('true')
  await changeFlag(at, 'new-composer', { state: 'off' })
  await expect.poll(() => text('composer')).toBe('false')
  await changeFlag(at, 'new-composer', { state: 'on' })
  await expect.poll(() => text('composer')).toBe('true')
  expect(faults).toEqual([])
})

it('gives another user their own arm, though the flags are the same', async () => {
  await open(userIn('canary'))
  await expect.poll(() => text('arm')).toBe('canary canary SPLIT ')
  await page.evaluate(user => (window as unknown as { become(user: string): void }).become(user), userIn('control'))
  await expect.poll(() => text('arm')).toBe('control control SPLIT ')
  expect(faults).toEqual([])
})

it('serves off, and no error, while AI is switched off for the whole installation', async () => {
  await open(userIn('canary'))
  await expect.poll(() => text('arm')).toBe('canary canary SPLIT ')
  await switchAi({ ...at, projectId: null }, { off: true })
  await expect.poll(() => text('arm')).toBe('off off DISABLED ')
  await switchAi({ ...at, projectId: null }, { off: false })
  await expect.poll(() => text('arm')).toBe('canary canary SPLIT ')
  expect(faults).toEqual([])
})

it('comes back after the server was restarted', async () => {
  await open(userIn('canary'))
  await expect.poll(() => text('composer')).toBe('true')
  const env = Object.fromEntries(
    ['PORT', 'OTLP_HTTP_PORT', 'OTLP_GRPC_PORT'].map(name => [name, String(product.env[name])]),
  )
  await postgres.close()
  await product.stop()
  product = await startProduct({ dataDir: folder.path, env })
  await product.until(readyLine)
  postgres = openPostgres(readRunning(folder.path).postgres)
  at = { ...at, postgres }
  await changeFlag(at, 'new-composer', { state: 'off' })
  await expect.poll(() => text('composer'), { timeout: 60_000 }).toBe('false')
})

it('with a wrong key says so, and the code’s defaults serve', async () => {
  await open('ada', 'dlc_000000000000_00000000000000000000000000000000')
  await expect.poll(() => text('fault')).toContain('Initialization failed')
})
