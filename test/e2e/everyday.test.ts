import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hex, jsonRequest, jsonSpan } from '../ingest/otlp-factory.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, signedIn } from './browser.ts'

const folder = temporaryDir()
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext
let home: string

beforeAll(async () => {
  const env = { WORKFLOWS_DIR: join(import.meta.dirname, '../agent-runtime/workflows-with-arms') }
  product = await startProduct({ dataDir: folder.path, env })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  home = `${product.url}/p/${owner.projectId}`
  browser = await launch()
  context = await signedIn(browser, { cookie: owner.cookie, url: product.url })
})

afterAll(async () => {
  await browser?.close()
  await product?.stop()
  folder.remove()
})

const post = async (url: string, body: object) => {
  const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.ok).toBe(true)
}

it('a click on a trace opens it in brief beside the list', async () => {
  const traceId = hex(16)
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': 'Where is my parcel?' }
  await post(`${product.otlpUrl}/v1/traces`, jsonRequest([jsonSpan({ traceId, name: 'chat some-model', attributes })]))
  const { page, faults } = await openPage(context)
  await page.goto(`${home}/traces?range=90d`)
  await page.locator('[data-row="0"]').click()
  const brief = page.getByRole('complementary', { name: 'Trace in brief' })
  await brief.getByText('Where is my parcel?').waitFor()
  await brief
    .getByRole('listitem')
    .getByRole('link', { name: /chat some-model/ })
    .waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await brief.waitFor({ state: 'detached' })
  expect(faults).toEqual([])
})

it('a thumb that was given on a trace is seen there, and on no other', async () => {
  const ids = [hex(16), hex(16)]
  const attributes = { 'session.id': 'two-turns' }
  const spans = ids.map((traceId, n) =>
    jsonSpan({ traceId, attributes, startTimeUnixNano: `${Date.now() - 900 + n * 100}000000` }),
  )
  await post(`${product.otlpUrl}/v1/traces`, jsonRequest(spans))
  const { page, faults } = await openPage(context)
  await page.goto(`${home}/traces/${ids[0]}`)
  const bad = page.getByRole('button', { name: 'Bad' })
  const pressed = () => bad.getAttribute('aria-pressed')
  await page.getByRole('tab', { name: /Feedback/ }).click()
  await bad.click()
  await page.getByText('Marked as bad.').waitFor()
  await page.getByRole('link', { name: 'Later in this session' }).click()
  await page.waitForURL(new RegExp(`${ids[1]}`))
  await expect.poll(pressed).toBe('false')
  expect(await page.getByText('Marked as bad.').count()).toBe(0)
  await page.goto(`${home}/traces/${ids[0]}`)
  await page.getByRole('tab', { name: /Feedback/ }).click()
  await expect.poll(pressed).toBe('true')
  expect(faults).toEqual([])
})

it('words longer than the screen break, and widen no page', async () => {
  const [traceId, word] = [hex(16), 'unbroken_'.repeat(60)]
  const attributes = { 'gen_ai.workflow.name': word, 'user.id': word, 'session.id': word, 'input.value': word }
  const failed = { code: 2, message: word }
  await post(
    `${product.otlpUrl}/v1/traces`,
    jsonRequest([jsonSpan({ traceId, name: word, attributes, status: failed })]),
  )
  await post(`${product.url}/v1/signals`, { trace_id: traceId, kind: 'thumbs', value: -1, comment: word })
  const { page, faults } = await openPage(context)
  for (const width of [375, 1440]) {
    await page.setViewportSize({ width, height: 900 })
    for (const path of ['overview', 'traces', `traces/${traceId}`, 'inbox', `inbox/${traceId}`]) {
      await page.goto(`${home}/${path}`)
      await page.getByText('unbroken_').first().waitFor({ state: 'attached' })
      await expectNoSidewaysScroll(page)
    }
    // The pane scrolls by itself, and not to the side either.
    const brief = page.getByRole('article', { name: 'Trace in brief' })
    const wide = () =>
      brief.evaluate(article => [...article.querySelectorAll('p, div, ol')].some(e => e.scrollWidth > e.clientWidth))
    expect(await wide()).toBe(false)
  }
  expect(faults).toEqual([])
})

it('a segment is removed only when that is confirmed', async () => {
  const { page, faults } = await openPage(context)
  const dialog = page.getByRole('dialog')
  await page.goto(`${home}/flags/segments`)
  await page.getByRole('button', { name: 'New segment' }).first().click()
  await dialog.getByLabel('Key', { exact: true }).fill('testers')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const remove = page.getByRole('button', { name: 'Remove testers' })
  await remove.click()
  await dialog.getByText('Remove testers?').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await remove.click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await remove.waitFor({ state: 'detached' })
  expect(faults).toEqual([])
})

it('a page that is not there says so in its title too', async () => {
  const { page } = await openPage(context)
  for (const path of [`${home}/nonsense`, `${home}/traces/${'0'.repeat(32)}`, `${product.url}/nonsense`]) {
    await page.goto(path)
    expect(await page.title()).toBe('Not found · Davylamp')
  }
})

it('? says what keys do, but not where somebody types, and so does the account menu', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${home}/traces`)
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  const search = page.getByRole('searchbox').first()
  await search.fill('')
  await search.press('?')
  await expect.poll(() => search.inputValue()).toBe('?')
  expect(await help.count()).toBe(0)
  await search.fill('')
  await search.blur()
  await page.keyboard.press('?')
  await help.getByText('Show beside the list (traces)').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: /Keyboard shortcuts/ }).click()
  await help.waitFor()
  expect(faults).toEqual([])
})

it('letters typed in an open list choose from it, and lead to no page', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${home}/flags?new`)
  const workflow = page.getByRole('combobox', { name: 'Workflow' })
  await workflow.click()
  await page.keyboard.type('gr', { delay: 50 })
  await page.keyboard.press('Enter')
  await expect.poll(() => workflow.textContent()).toBe('greet')
  expect(new URL(page.url()).pathname).toBe(`/p/${owner.projectId}/flags`)
  expect(faults).toEqual([])
})

it('a list of runs that was scrolled to its end narrows to what is chosen then', async () => {
  const start = (workflow: string, n: number) =>
    post(`${product.url}/v1/runs`, { workflow, input: workflow === 'greet' ? { name: 'Ada' } : { question: `Q${n}?` } })
  for (let n = 0; n < 110; n++) await start('greet', n)
  for (let n = 0; n < 2; n++) await start('analyze', n)
  const { page, faults } = await openPage(context)
  await page.goto(`${home}/runs`)
  const grid = page.getByRole('grid', { name: 'Runs' })
  const rows = async () => Number(await grid.getAttribute('aria-rowcount')) - 1
  await grid.locator('[data-row="0"]').focus()
  await page.keyboard.press('End')
  await expect.poll(rows).toBe(112)
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByRole('menuitem', { name: /^analyze/ }).click()
  await page.waitForURL(/workflow=analyze/)
  await expect.poll(() => grid.locator('[data-row="0"]').textContent()).toContain('Q1?')
  expect(await rows()).toBe(2)
  expect(faults).toEqual([])
})

it('a list on a phone leaves out columns before any script has run, and the same ones after', async () => {
  const shown = {
    traces: ['Time', 'Trace', 'Status', 'Feedback', 'Input', 'Latency'],
    runs: ['Status', 'Asked', 'Started'],
  }
  const storageState = await context.storageState()
  for (const javaScriptEnabled of [false, true]) {
    const phone = await browser.newContext({ javaScriptEnabled, storageState, viewport: { width: 390, height: 844 } })
    const page = await phone.newPage()
    for (const [path, heads] of Object.entries(shown)) {
      await page.goto(`${home}/${path}`)
      await expect.poll(() => page.getByRole('columnheader').allTextContents()).toEqual(heads)
      await expect.poll(() => page.locator('[data-row="0"]').getByRole('gridcell').count()).toBe(heads.length)
    }
    await phone.close()
  }
})

const typed = 'What I would not like to type again'
const asksAiState = (request: { url(): string }) => new URL(request.url()).pathname.includes('/ai-state')

/** A form that somebody types into, in a browser of its own. */
async function openForm() {
  const own = await signedIn(browser, { cookie: owner.cookie, url: product.url })
  const { page } = await openPage(own)
  await page.goto(`${home}/flags?new`)
  const field = page.getByLabel('Description')
  await field.fill(typed)
  const expectKept = async () => {
    // What breaks the page comes with the answer, or a moment later.
    await page.waitForTimeout(500)
    expect(await field.inputValue({ timeout: 5_000 })).toBe(typed)
    expect(new URL(page.url()).pathname).toBe(`/p/${owner.projectId}/flags`)
  }
  return { own, page, expectKept }
}

it('what is typed stays while the server does not answer', async () => {
  const { own, page, expectKept } = await openForm()
  const asked = page.waitForEvent('requestfailed', asksAiState)
  await own.setOffline(true)
  await asked
  await expectKept()
  const answered = page.waitForEvent('requestfinished', asksAiState)
  await own.setOffline(false)
  await answered
  await expectKept()
})

it('what is typed stays when the session has ended, until somebody goes on', async () => {
  const { own, page, expectKept } = await openForm()
  await own.clearCookies()
  await page.waitForRequest(asksAiState)
  await expectKept()
  await page.goto(`${home}/flags`)
  expect(new URL(page.url()).searchParams.get('to')).toBe(`/p/${owner.projectId}/flags`)
})

it('a page that is looked at comes back when the server does', async () => {
  const own = await signedIn(browser, { cookie: owner.cookie, url: product.url })
  const { page } = await openPage(own)
  await page.goto(`${home}/flags?live=1`)
  await page.getByRole('heading', { name: 'Flags', exact: true }).waitFor()
  await own.setOffline(true)
  await page.getByRole('heading', { name: 'The server does not answer' }).waitFor()
  await own.setOffline(false)
  await page.getByRole('heading', { name: 'Flags', exact: true }).waitFor()
})
