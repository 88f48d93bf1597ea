import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, shoot, signedIn } from './browser.ts'

const folder = temporaryDir()
let standIn: StandIn
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  standIn = await startStandIn()
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: standIn.url }
  product = await startProduct({ dataDir: folder.path, env })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  browser = await launch()
  context = await signedIn(browser, { cookie: owner.cookie, url: product.url })
})

afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await standIn?.close()
  folder.remove()
})

const home = () => `${product.url}/p/${owner.projectId}`

/** Starts a run by the API, and opens its page. */
async function run(page: Page, userId: string) {
  const answer = await fetch(`${product.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'analyze', input: { question: 'How do I send traces?' }, user_id: userId }),
  })
  const { run_id } = (await answer.json()) as { run_id: string }
  await page.goto(`${home()}/runs/${run_id}`)
}

it('sets budgets, sees what is spent of them, and a run beyond them says why no model serves it', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${home()}/settings`)
  await page.getByLabel('All runs, US dollars a day').fill('-5')
  await page.getByRole('button', { name: 'Save budgets' }).click()
  await page.getByText('Must be at least $0.0001; leave it empty for no budget.').waitFor()
  await page.getByLabel('All runs, US dollars a day').fill('25')
  await page.getByLabel('One user’s runs, US dollars a day').fill('0.5')
  // While the refusal is still being shown the form takes nothing.
  await page.getByRole('button', { name: 'Save budgets' }).click({ trial: true })
  await page.keyboard.press('Enter')
  await page.getByText('Budgets saved.').waitFor()

  await run(page, 'customer-4711@a-rather-long-mail-domain.example.com')
  await expect.poll(() => page.getByText('I am a model stand-in').count()).toBeGreaterThan(0)
  await page.goto(`${home()}/settings`)
  const table = page.getByRole('region', { name: 'Spent today' }).or(page.getByRole('table'))
  await table.getByText('customer-4711').first().waitFor()
  await expectAccessible(page)
  await page.setViewportSize({ width: 375, height: 800 })
  await expectNoSidewaysScroll(page)
  await expectAccessible(page)
  await shoot(page, 'settings-budgets')

  await page.getByLabel('One user’s runs, US dollars a day').fill('0.01')
  await page.getByRole('button', { name: 'Save budgets' }).click()
  await page.getByText('Budgets saved.').waitFor()
  await run(page, 'customer-4712')
  await page.getByText(/deterministic: budget: what is left today for this user/).waitFor()
  await expectAccessible(page)
  await shoot(page, 'run-over-budget')
  // The browser tells the refused amount.
  expect(faults.filter(fault => !/status of 400/.test(fault))).toEqual([])
})
