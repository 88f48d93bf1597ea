import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type {} from '../../app/snippet/types.ts'
import { createApiKey } from '../../db/api-keys.ts'
import { openPostgres } from '../../db/postgres.ts'
import { readRunning } from '../../db/stores.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { cleanEnv, type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, launch, openPage } from './browser.ts'

const folder = temporaryDir()
let product: Product
let owner: Owner
let application: ChildProcess
let applicationUrl: string
let browser: Browser
let page: Page
let faults: string[]

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.path })
  const [, setupUrl] = await product.until(readyLine)
  owner = await createOwner(product, setupUrl!)
  const example = join(import.meta.dirname, '../../docs/examples/feedback/server.mjs')
  const env = cleanEnv({ DAVYLAMP_URL: product.url, DAVYLAMP_API_KEY: owner.apiKey, PORT: '0' })
  application = spawn(process.execPath, [example], { env })
  applicationUrl = await new Promise(resolve =>
    application.stdout?.on('data', chunk => resolve(String(chunk).replace('Open ', '').trim())),
  )
  browser = await launch()
})
beforeEach(async () => {
  const opened = await openPage(await browser.newContext())
  page = opened.page
  faults = opened.faults
  await page.goto(applicationUrl)
})
afterAll(async () => {
  await browser?.close()
  application?.kill()
  await product?.stop()
  folder.remove()
})

const button = (name: string) => page.getByRole('button', { name, exact: true })

/** Asks, and answers the trace that the answer's token is for. */
async function ask(by = 'Ask'): Promise<string> {
  const answering = page.waitForResponse(response => response.url().endsWith('/ask'))
  await button(by).click()
  const { token } = await (await answering).json()
  await page.getByText(/^$/).or(page.locator('output:empty')).first().waitFor({ state: 'attached' })
  const [payload = ''] = token.replace('dlt_', '').split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).t
}

type Given = { id: string; kind: string; value: number | null; action: string; source: string; userId: string }
async function signalsOf(traceId: string): Promise<Given[]> {
  const headers = { authorization: `Bearer ${owner.apiKey}` }
  const answer = await fetch(`${product.url}/v1/signals?trace_id=${traceId}`, { headers })
  return (await answer.json()).signals
}
const kindsOf = async (traceId: string) => (await signalsOf(traceId)).map(({ kind }) => kind).sort()

it('gives thumbs, copies, edits, actions and regenerations of a real page, across origins, under a strict policy', async () => {
  const first = await ask()
  await expectAccessible(page)
  await button('Not helpful').click()
  await expect.poll(() => signalsOf(first)).toMatchObject([{ kind: 'thumbs', value: -1, source: 'page' }])
  await button('Helpful').click()
  await expect.poll(() => signalsOf(first)).toMatchObject([{ kind: 'thumbs', value: 1 }])
  expect(await button('Helpful').getAttribute('aria-pressed')).toBe('true')
  expect(await button('Not helpful').getAttribute('aria-pressed')).toBe('false')

  // Copied with the keyboard, as people do.
  await page.locator('#text').click({ clickCount: 3 })
  await page.keyboard.press('Control+c')
  await expect.poll(() => kindsOf(first)).toEqual(['copy', 'thumbs'])

  // Edited, then accepted: the distance is computed in the page, and no text is sent.
  const sent: string[] = []
  page.on('request', request => request.url().endsWith('/v1/signals') && sent.push(request.postData() ?? ''))
  const draft = page.getByLabel('Reply to the customer')
  const before = await draft.inputValue()
  await draft.fill(`${before.slice(0, -Math.floor(before.length / 4))}`)
  await button('Accept').click()
  await button('Send').click()
  await expect.poll(() => kindsOf(first)).toEqual(['accept', 'action', 'copy', 'edit', 'thumbs'])
  const given = await signalsOf(first)
  expect(given.find(({ kind }) => kind === 'edit')?.value).toBeCloseTo(Math.floor(before.length / 4) / before.length, 2)
  expect(given.find(({ kind }) => kind === 'action')?.action).toBe('sent')
  expect(sent.join()).not.toContain(before.slice(0, 30))

  // Asked again: that speaks against the first answer, and the second is another trace.
  const second = await ask('Ask again')
  await expect.poll(() => kindsOf(first)).toContain('regenerate')
  await button('Helpful').click()
  await expect.poll(() => kindsOf(second)).toEqual(['thumbs'])
  expect(faults).toEqual([])
})

it('accepts a draft that nobody edited without an edit', async () => {
  const traceId = await ask()
  await button('Accept').click()
  await expect.poll(() => kindsOf(traceId)).toEqual(['accept'])
})

it('tries again when Davylamp is away, and what arrives twice counts once', async () => {
  const traceId = await ask()
  const failures = ['abort', 'lost', '503']
  await page.route('**/v1/signals', async route => {
    const failure = failures.shift()
    if (failure === 'abort') return route.abort()
    if (failure === '503') return route.fulfill({ status: 503, body: 'no' })
    if (!failure) return route.continue()
    await route.fetch()
    return route.abort()
  })
  await button('Helpful').click()
  await button('Accept').click()
  await expect.poll(() => failures).toEqual([])
  await expect.poll(() => kindsOf(traceId)).toEqual(['accept', 'thumbs'])
})

it('sends what was said just before the page is left', async () => {
  const traceId = await ask()
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('[data-davylamp=up]')?.click()
    location.assign('about:blank')
  })
  await expect.poll(() => kindsOf(traceId)).toEqual(['thumbs'])
})

it('sends what still waits for another try when the page is left', async () => {
  const traceId = await ask()
  await page.route('**/v1/signals', route => route.abort(), { times: 1 })
  const lost = page.waitForEvent('requestfailed')
  await button('Not helpful').click()
  await lost
  await page.goto('about:blank')
  await expect.poll(() => signalsOf(traceId)).toMatchObject([{ kind: 'thumbs', value: -1 }])
})

it('lets a correction stand, though what it corrects is tried again', async () => {
  const traceId = await ask()
  const sent: string[] = []
  const held = Promise.withResolvers<void>()
  await page.route('**/v1/signals', async route => {
    sent.push(route.request().postData() ?? '')
    if (sent.length > 1) return route.continue()
    await held.promise
    await route.abort()
  })
  await button('Helpful').click()
  await expect.poll(() => sent).toHaveLength(1)
  await button('Not helpful').click()
  await page.waitForTimeout(300)
  expect(sent).toHaveLength(1)
  held.resolve()
  await expect.poll(() => signalsOf(traceId)).toMatchObject([{ value: -1 }])
  expect(sent).toHaveLength(2)
  expect(sent[1]).not.toContain('"value":1,')
})

it('says why feedback is refused, and does not try again', async () => {
  const told = await page.evaluate(async () => {
    const errors: unknown[] = []
    const feedback = window.davylamp.feedback({ token: 'dlt_made.up', onError: error => errors.push(error) })
    return { stored: await feedback.thumbs(1), errors }
  })
  const message = 'This feedback token is not valid or has expired.'
  expect(told).toEqual({ stored: false, errors: [{ message, status: 401 }] })
  const without = await page.evaluate(() => {
    try {
      window.davylamp.feedback({})
    } catch (error) {
      return String(error)
    }
  })
  expect(without).toContain('give a feedback token, or a client key and a trace id')
})

it('works by a client key for the traces of an application of its own, and users do not overwrite each other', async () => {
  const postgres = openPostgres(readRunning(folder.path).postgres)
  const { key } = await createApiKey(postgres, { projectId: owner.projectId, name: 'a page', audience: 'client' })
  await postgres.close()
  const traceId = 'ab'.repeat(16)
  const rate = (userId: string, value: number) =>
    page.evaluate(({ value, ...options }) => window.davylamp.feedback(options).rating(value), {
      clientKey: key,
      traceId,
      userId,
      value,
    })
  expect(await rate('ada', 0.2)).toBe(true)
  expect(await rate('grace', 0.9)).toBe(true)
  expect(await rate('ada', 0.4)).toBe(true)
  const ratings = (await signalsOf(traceId)).map(({ userId, value }) => [userId, value]).sort()
  expect(ratings).toEqual([
    ['ada', 0.4],
    ['grace', 0.9],
  ])
  const dataIn = await fetch(`${product.url}/p/${owner.projectId}/data-in`, { headers: { cookie: owner.cookie } })
  const text = await dataIn.text()
  expect(text).toContain('2 without a trace')
  expect(text).toContain('Corrected')
})

it('is one small script without imports, that any page may load, with its types beside it', async () => {
  const script = await fetch(`${product.url}/davylamp.js`, { headers: { origin: 'https://shop.example' } })
  const code = await script.text()
  expect(script.headers.get('content-type')).toContain('javascript')
  expect(script.headers.get('access-control-allow-origin')).toBe('*')
  expect(code).not.toMatch(/\bimport\b|\brequire\b|\beval\b/)
  expect(gzipSync(code).length).toBeLessThan(3_000)
  const types = await fetch(`${product.url}/davylamp.d.ts`)
  expect(await types.text()).toContain('thumbs(value: 1 | -1')
})
