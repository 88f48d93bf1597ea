import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStandIn } from '../model-stand-in/server.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage } from './browser.ts'

const folder = temporaryDir()
let product: Product
let standIn: Awaited<ReturnType<typeof startStandIn>>
let browser: Browser
let context: BrowserContext
let page: Page
let faults: string[]
let setupUrl: string

beforeAll(async () => {
  standIn = await startStandIn({ tokensPerSecond: 40 })
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: standIn.url }
  product = await startProduct({ dataDir: folder.path, env })
  setupUrl = (await product.until(readyLine))[1]!
  browser = await launch()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const opened = await openPage(context)
  page = opened.page
  faults = opened.faults
})

afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await standIn?.close()
  folder.remove()
})

it('closes the loop: first visit, run, stream, trace, thumbs down, filter, rate', async () => {
  // The first visit makes the owner, and leads to an overview that tells the next step.
  await page.goto(product.url)
  expect(page.url()).toContain('/welcome')
  faults.splice(0) // The page without its token answers 403, which Chromium tells on the console.
  await page.goto(setupUrl)
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/overview/)
  await expectAccessible(page)
  const home = new URL(page.url()).pathname.replace('/overview', '')

  // A run is started in the page, and its tokens are seen to arrive.
  await page.goto(`${product.url}${home}/runs`)
  await page
    .getByRole('button', { name: 'Start a run' })
    .or(page.getByRole('link', { name: 'Start a run' }))
    .first()
    .click()
  await page
    .getByRole('dialog')
    .getByLabel(/question/i)
    .fill('How do I send traces?')
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/runs\/[\w-]+$/)
  const written = page.locator('main article p')
  const lengths = new Set<number>()
  const grows = async () => lengths.add((await written.allTextContents()).join('').length).size
  await expect.poll(grows, { timeout: 60_000, interval: 100 }).toBeGreaterThan(4)
  expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(1)
  await expect.poll(() => page.getByRole('link', { name: 'New run' }).count(), { timeout: 60_000 }).toBe(1)
  await expect.poll(() => page.getByText('search_knowledge_base').count()).toBeGreaterThan(0)
  await expectAccessible(page)

  // Its trace is there at once, with the prompt and each tool call.
  await page.getByRole('link', { name: 'Open trace' }).click()
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/)
  const tracePath = new URL(page.url()).pathname
  const tree = page.getByRole('tree')
  await tree.getByText('search_knowledge_base').first().click()
  await expect.poll(() => page.getByText('traces', { exact: false }).count()).toBeGreaterThan(0)
  await tree.getByText('draft_summary').first().waitFor()
  await tree
    .getByText(/^chat /)
    .first()
    .click()
  await expect.poll(() => page.getByRole('tabpanel').textContent()).toContain('How do I send traces?')
  await expectAccessible(page)

  // Thumbs down there is found in Traces filtered to negative, and moves the Overview's rate.
  await page.getByRole('tab', { name: /Feedback/ }).click()
  await page.getByRole('button', { name: 'Bad' }).first().click()
  await page.getByText('Marked as bad.').first().waitFor()
  await page.goto(`${product.url}${home}/traces?feedback=negative`)
  await expect.poll(() => page.locator('[data-row]').count()).toBe(1)
  await expectAccessible(page)
  await page.goto(`${product.url}${home}/traces?feedback=positive`)
  await expect.poll(() => page.locator('[data-row]').count()).toBe(0)
  await page.goto(`${product.url}${home}/overview`)
  const card = page.getByRole('link', { name: /Negative feedback/ }).first()
  await expect.poll(() => text(page.locator('article', { has: card }))).toMatch(/100(\.0)? ?%/)
  await card.click()
  await page.waitForURL(/feedback=/)

  // It waits in the inbox, with what was asked, until somebody has dealt with it.
  await page.getByRole('link', { name: 'Inbox' }).first().click()
  await page.waitForURL(/\/inbox\/[0-9a-f]{32}/)
  await page.getByRole('article', { name: 'Trace in brief' }).getByText('How do I send traces?').first().waitFor()
  await expectAccessible(page)
  await page.keyboard.press('e')
  await page.getByText('All clear').waitFor()
  await expectAccessible(page)

  // Nothing was told on the console, on any page; no page scrolls sideways on a phone.
  await page.setViewportSize({ width: 375, height: 800 })
  for (const path of [
    ...[
      '/overview',
      '/traces',
      '/inbox?state=done',
      '/runs',
      '/quality',
      '/quality/tools',
      '/data-in',
      '/settings',
    ].map(part => home + part),
    tracePath,
  ]) {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(product.url + path)
      await expectNoSidewaysScroll(page)
      await expectAccessible(page)
    }
  }
  expect(faults).toEqual([])
})

const text = async (of: ReturnType<Page['locator']>) => ((await of.textContent().catch(() => '')) ?? '').trim()
