import type { Browser, BrowserContext } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, shoot, signedIn } from './browser.ts'

const folder = temporaryDir()
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext
const settings = () => `${product.url}/p/${owner.projectId}/settings`

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

const day = 86_400_000

/** One span that began so many days ago, by OTLP as JSON; the id of its trace. */
async function sendSpan(daysAgo: number): Promise<string> {
  const traceId = String(daysAgo).padStart(32, 'c')
  const startNs = BigInt(Date.now() - daysAgo * day) * 1_000_000n
  const span = {
    traceId,
    spanId: 'c'.repeat(16),
    name: `of ${daysAgo} days ago`,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 1_000_000n),
  }
  const answer = await fetch(`${product.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(answer.status).toBe(200)
  return traceId
}

it('shows what fewer days remove before they are saved, and the trace is gone after the next start', async () => {
  const [old, recent] = [await sendSpan(45), await sendSpan(2)]
  const { page, faults } = await openPage(context)
  await page.goto(`${settings()}/retention`)
  await page.getByText('Everything is kept for ever.').waitFor()
  const days = page.getByLabel('Days to keep')
  await days.fill('thirty')
  await page.keyboard.press('Enter')
  await page.getByText('Enter a whole number of days, or nothing.').waitFor()
  await days.fill('30')
  await page.keyboard.press('Enter')
  await page.getByText(/This removes 1 span of 1 trace, .* It cannot be undone/).waitFor()
  await expectAccessible(page)
  await shoot(page, 'settings-retention')
  // Another number is another question.
  await days.fill('60')
  await page.getByRole('button', { name: 'See what that removes' }).click()
  await page.getByText(/^Nothing is from before/).waitFor()
  await days.fill('30')
  await page.getByRole('button', { name: 'See what that removes' }).click()
  await page.getByRole('button', { name: /^Remove all before/ }).click()
  await page.getByText('Saved.').waitFor()
  await page.getByText('30 days are kept.').waitFor()

  await page.goto('about:blank')
  await product.stop()
  product = await startProduct({ dataDir: folder.path })
  await product.until(readyLine)
  const open = (traceId: string) => page.goto(`${product.url}/p/${owner.projectId}/traces/${traceId}`)
  await expect.poll(async () => (await open(old))?.status()).toBe(404)
  await page.getByText('older than the 30 days that are kept').waitFor()
  expect((await open(recent))?.status()).toBe(200)
  const told = async () => {
    await page.goto(`${settings()}/retention`)
    return page.getByText(/What was from before .* has been removed/).count()
  }
  await expect.poll(told).toBe(1)
  // The browser tells the refused number of days and the trace that is gone.
  expect(faults.filter(fault => !/status of (400|404)/.test(fault))).toEqual([])
})

it('lets somebody else in by a link, as what they were invited, until they are removed', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${settings()}/members`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('E-mail').fill('grace@example.com')
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: /^Viewer/ }).click()
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = await page
    .getByRole('dialog')
    .getByText(/\/invite\?token=/)
    .textContent()
  await expectAccessible(page)
  await shoot(page, 'invite-link')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('listitem').filter({ hasText: 'grace@example.com' }).waitFor()

  const hers = await browser.newContext({ locale: 'en-GB' })
  const second = await openPage(hers)
  await second.page.goto(link ?? '')
  await second.page.getByText('You are invited into').waitFor()
  await expectAccessible(second.page)
  await shoot(second.page, 'invited')
  await second.page.getByLabel('Your name').fill('Grace Hopper')
  await second.page.getByLabel('Password').fill('a long enough one')
  await second.page.getByRole('button', { name: 'Make an account and join' }).click()
  await second.page.waitForURL(/\/overview/)
  await second.page.goto(`${settings()}/members`)
  expect(await second.page.getByRole('button', { name: 'Invite' }).count()).toBe(0)

  await page.reload()
  await page.getByRole('combobox', { name: 'Role of Grace Hopper' }).click()
  await page.getByRole('option', { name: /^Admin/ }).click()
  await expectAccessible(page)
  await shoot(page, 'members')
  await expect
    .poll(async () => {
      await second.page.reload()
      return second.page.getByRole('button', { name: 'Invite' }).count()
    })
    .toBe(1)
  await page.getByRole('button', { name: 'Remove Grace Hopper' }).click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect.poll(() => page.getByText('grace@example.com').count()).toBe(0)
  expect((await second.page.reload())?.status()).toBe(404)
  expect(faults).toEqual([])
  expect(second.faults.filter(fault => !fault.includes('404'))).toEqual([])
  await hers.close()
})

it('tries rules of redaction as they stand on screen, and saves them', async () => {
  const { page, faults } = await openPage(context)
  await page.goto(`${settings()}/redaction`)
  await page.getByLabel('E-mail addresses').check()
  await page.getByRole('button', { name: 'Add a pattern' }).click()
  await page.getByLabel('Name').fill('customer')
  await page.getByLabel('Regular expression').fill('CUST-(')
  await page.getByLabel('Text or JSON').fill('{"who":"ada@example.com, CUST-123456"}')
  const tryIt = page.getByRole('button', { name: 'See what is stored' })
  await tryIt.click()
  await page.getByText(/^This is not a regular expression/).waitFor()
  await page.getByLabel('Regular expression').fill('CUST-[0-9]+')
  await tryIt.click()
  await page.getByText('{"who":"[redacted: e-mail], [redacted: customer]"}').waitFor()
  await page.getByLabel('Keys, one a line').fill('user.email\npatient.*')
  await expectAccessible(page)
  await shoot(page, 'settings-redaction-tried')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/^Saved: it holds/).waitFor()
  await page.reload()
  expect(await page.getByLabel('E-mail addresses').isChecked()).toBe(true)
  expect(await page.getByLabel('Keys, one a line').inputValue()).toBe('user.email\npatient.*')
  expect(await page.getByLabel('Regular expression').inputValue()).toBe('CUST-[0-9]+')
  // The browser tells the pattern that was refused.
  expect(faults.filter(fault => !fault.includes('400'))).toEqual([])
})

const isWithin = (box: { x: number; width: number } | null, width: number) =>
  box !== null && box.x >= 0 && box.x + box.width <= width

it('has tabs that fit a phone, in the dark and in the light', async () => {
  const { page, faults } = await openPage(context)
  for (const tab of [
    '',
    'keys',
    'members',
    'models',
    'prices',
    'tools',
    'redaction',
    'ai',
    'retention',
    'history',
    'about',
  ]) {
    for (const [colorScheme, width] of [
      ['dark', 1280],
      ['light', 375],
    ] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      await page.goto(`${settings()}/${tab}`)
      await page.getByRole('heading', { name: 'Settings' }).waitFor()
      const tabs = page.getByRole('navigation', { name: 'Settings' })
      const current = tabs.locator('[aria-current=page]')
      await expect.poll(async () => isWithin(await current.boundingBox(), width)).toBe(true)
      // Tabs fade out where there are more of them.
      const fades = await tabs.evaluate(nav => getComputedStyle(nav).getPropertyValue('--fade-right'))
      if (tab === '') expect(fades).toBe(width === 375 ? '32px' : '0px')
      await expectNoSidewaysScroll(page)
      await expectAccessible(page)
    }
    await shoot(page, `settings-${tab || 'project'}`)
  }
  await page.goto(`${product.url}/account`)
  await page.getByText('Password of now').waitFor()
  await expectNoSidewaysScroll(page)
  await expectAccessible(page)
  await shoot(page, 'account')
  expect(faults).toEqual([])
})
