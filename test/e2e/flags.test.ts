import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StandIn, startStandIn } from '../model-stand-in/server.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, shoot } from './browser.ts'

const folder = temporaryDir()
const answer = 'I am a model stand-in, not a model, and I take my time to say so. '.repeat(30)
let product: Product
let standIn: StandIn
let browser: Browser
let context: BrowserContext
let page: Page
let faults: string[]
let home: string

beforeAll(async () => {
  standIn = await startStandIn({ tokensPerSecond: 8, script: () => ({ text: answer }) })
  product = await startProduct({
    dataDir: folder.path,
    env: {
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: standIn.url,
      WORKFLOWS_DIR: join(import.meta.dirname, '../agent-runtime/workflows-with-arms'),
    },
  })
  const [, setupUrl] = await product.until(readyLine)
  browser = await launch()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const opened = await openPage(context)
  page = opened.page
  faults = opened.faults
  await page.goto(setupUrl!)
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/overview/)
  home = page.url().replace('/overview', '')
})
afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await standIn?.close()
  folder.remove()
})

const switchTo = (name: RegExp) =>
  page.getByRole('group', { name: 'What the flag serves' }).getByRole('button', { name })
const dialog = () => page.getByRole('dialog')

it('creates a flag, ramps it to 5 %, switches AI off while a run streams, and reverts', async () => {
  // Created in the list's dialog, from the keyboard.
  await page.goto(`${home}/flags`)
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Create a flag' }).click()
  await dialog().getByRole('combobox', { name: 'Workflow' }).click()
  await page.getByRole('option', { name: 'greet' }).click()
  await dialog().getByLabel('Description').fill('Greets users')
  await expectAccessible(page)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/flags\/greet$/)
  await expectAccessible(page)

  // What the canary runs.
  await page.getByRole('tab', { name: 'Arms and ramp' }).click()
  await page.waitForURL(/tab=arms/)
  const canary = page.getByRole('region', { name: 'canary' })
  await canary.getByRole('combobox', { name: 'Version' }).click()
  await page.getByRole('option', { name: /^2/ }).click()
  await canary.getByLabel('Prompt greeting').fill('Greet like a pirate.')
  await page.getByPlaceholder('Why (optional)').first().fill('pirates sell')
  await page.getByRole('button', { name: 'Save', exact: true }).first().click()
  await page.getByText('Saved.').first().waitFor()
  await expectAccessible(page)

  // What it must not make worse.
  await page.getByRole('checkbox', { name: /^Cost per session/ }).uncheck()
  await page.getByRole('checkbox', { name: 'Tool failures' }).check()
  const latency = page.getByLabel('Percent that Latency may be more')
  await latency.fill('400')
  await page.getByRole('button', { name: 'Save', exact: true }).nth(1).click()
  await page.getByText('What Latency tolerates must be at most 100 %.').waitFor()
  expect(await latency.getAttribute('aria-invalid')).toBe('true')
  expect(faults.splice(0)).toEqual([expect.stringContaining('400')])
  await latency.fill('30')
  await expectAccessible(page)
  await shoot(page, 'flag-guardrails')
  // The first is that of the arms.
  const save = page.getByRole('button', { name: 'Save', exact: true }).nth(1)
  const saved = page.waitForResponse(response => response.request().method() === 'POST')
  await save.click()
  await saved
  await page.reload()
  expect(await page.getByLabel('Percent that Latency may be more').inputValue()).toBe('30')
  expect(await page.getByRole('checkbox', { name: /^Cost per session/ }).isChecked()).toBe(false)

  // 1 %, then 5 %: confirmed by their consequence.
  for (const share of ['1', '5']) {
    await switchTo(/^Canary/).click()
    await dialog()
      .getByLabel(/Share of the users/)
      .fill(share)
    expect(await dialog().textContent()).toContain('version 2, prompt greeting')
    await expectAccessible(page)
    await dialog()
      .getByRole('button', { name: /^(Start the canary|Change the share)$/ })
      .click()
    await switchTo(new RegExp(`^Canary at ${share} %`)).waitFor()
  }
  await page.getByText(/In effect on 1 of 1 process/).waitFor()
  await page.getByText(/after \d+ ms/).waitFor()

  // A run streams, on another page.
  const watching = await openPage(context)
  await watching.page.goto(`${home}/runs?start=greet`)
  await watching.page.getByRole('dialog').getByLabel('Name').fill('Grace')
  await watching.page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  await watching.page.waitForURL(/\/runs\/[\w-]+$/)
  await watching.page.getByText('I take my time').first().waitFor()

  // Off: the same run is answered by the deterministic path, without a reload.
  await switchTo(/^Off/).click()
  expect(await dialog().textContent()).toMatch(/Stops AI for .*of the last 7 days|Stops AI for nobody seen/)
  await dialog().getByLabel('Why').fill('it rambles')
  await expectAccessible(page)
  await dialog().getByRole('button', { name: 'Switch AI off' }).click()
  await expect.poll(() => switchTo(/^Off/).getAttribute('aria-pressed')).toBe('true')
  await watching.page.getByText('Hello, Grace.').first().waitFor()
  await watching.page.getByText('AI is switched off for greet').first().waitFor()
  expect(await watching.page.getByText('I take my time').count()).toBe(0)
  await expectAccessible(watching.page)
  await page.getByText(/stopped the model calls of 1 run/).waitFor()

  // Tried: who would get what, and why.
  await page.getByRole('tab', { name: 'Try and use' }).click()
  await page.getByRole('button', { name: 'Evaluate' }).click()
  await page.getByText('The flag is off.').waitFor()
  await expectAccessible(page)

  // Reverted by one press, from the history.
  await page.getByRole('tab', { name: /^History/ }).click()
  const newest = page.getByRole('listitem').filter({ hasText: 'it rambles' })
  await expectAccessible(page)
  await newest.getByRole('button', { name: /^Revert/ }).click()
  await switchTo(/^Canary at 5 %/).waitFor()
  expect(await switchTo(/^Canary/).getAttribute('aria-pressed')).toBe('true')
  await page.getByText('“Reverted revision 6”').waitFor()
  expect([faults, watching.faults]).toEqual([[], []])
  await watching.page.close()
})

it('edits who gets what, and refuses what somebody else has changed in the meantime', async () => {
  await page.goto(`${home}/flags/greet?tab=targeting`)
  const second = await openPage(context)
  await second.page.goto(`${home}/flags/greet?tab=targeting`)
  for (const { page: each, plan } of [
    { page, plan: 'free' },
    { page: second.page, plan: 'pro' },
  ]) {
    await each.getByRole('button', { name: 'Add a rule' }).click()
    await each.getByLabel('Attribute of condition 1').fill('plan')
    await each.getByLabel('Values of condition 1').fill(plan)
    await each.getByRole('combobox', { name: 'Served by rule 1' }).click()
    await each.getByRole('option', { name: /no AI/ }).click()
  }
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  await second.page.getByRole('button', { name: 'Save', exact: true }).click()
  await second.page.getByText('Somebody was faster').waitFor()
  await second.page.getByText(/Ada has changed it since you opened it/).waitFor()
  await expectAccessible(second.page)
  await second.page.getByRole('button', { name: /Take the newer one/ }).click()
  await expect.poll(() => second.page.getByLabel('Values of condition 1').inputValue()).toBe('free')
  await second.page.getByLabel('Name of rule 1').fill('the free plan')
  await second.page.getByRole('button', { name: 'Save', exact: true }).click()
  await second.page.getByText('Saved.').waitFor()
  // Each condition keeps its own values when another one goes.
  await second.page.getByRole('button', { name: 'Add a condition' }).click()
  await second.page.getByLabel('Attribute of condition 2').fill('country')
  await second.page.getByLabel('Values of condition 2').fill('DE, AT')
  await second.page.getByRole('button', { name: 'Remove condition 1' }).click()
  await expect.poll(() => second.page.getByLabel('Values of condition 1').inputValue()).toBe('DE, AT')
  await second.page.close()
  await page.goto(`${home}/flags/greet?tab=use`)
  await page.getByLabel('Attributes').fill('{"plan":"free"}')
  await page.getByRole('button', { name: 'Evaluate' }).click()
  await page.getByText(/^Rule 1.* is met: plan is free\.$/).waitFor()
})

it('lets an edit of a segment go on from what somebody else has saved in the meantime', async () => {
  await page.goto(`${home}/flags/segments`)
  await page.getByRole('button', { name: 'New segment' }).click()
  await dialog().getByLabel('Key', { exact: true }).fill('staff')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit staff' }).waitFor()
  const second = await openPage(context)
  await second.page.goto(`${home}/flags/segments`)
  const edits = [page, second.page].map(each => ({ each, form: each.getByRole('dialog') }))
  for (const [at, { each, form }] of edits.entries()) {
    await each.getByRole('button', { name: 'Edit staff' }).click()
    await form.getByLabel(/^Always in it/).fill(['ada', 'bob'][at]!)
  }
  await dialog().getByRole('button', { name: 'Save' }).click()
  await dialog().waitFor({ state: 'hidden' })
  const { form } = edits[1]!
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Somebody was faster').waitFor()
  await form.getByRole('button', { name: /Take the newer one/ }).click()
  await expect.poll(() => form.getByLabel(/^Always in it/).inputValue()).toBe('ada')
  expect(await form.getByText('Somebody was faster').count()).toBe(0)
  await form.getByLabel(/^Always in it/).fill('ada\nbob')
  await form.getByRole('button', { name: 'Save' }).click()
  await second.page.getByText('2 listed').waitFor()
  await second.page.close()
})

it('shows over every page that AI is off, and switches it on again', async () => {
  await page.goto(`${home}/settings/ai`)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Switch AI off' }).first().click()
  await dialog().getByLabel(/^Why/).fill('the provider leaks')
  await dialog().getByRole('button', { name: 'Switch AI off' }).click()
  const banner = page.getByRole('region', { name: 'AI is off' })
  await banner.getByText('the provider leaks').waitFor()
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const path of ['/overview', '/flags/greet', '/runs']) {
      await page.goto(home + path)
      await banner.waitFor()
      await expectAccessible(page)
    }
  }
  // A page that is open notices by itself that it is on again.
  const second = await openPage(context)
  await second.page.goto(`${home}/settings/ai`)
  await second.page.getByRole('button', { name: 'Switch AI on' }).click()
  await second.page.getByRole('dialog').getByRole('button', { name: 'Switch AI on' }).click()
  await expect.poll(() => banner.count()).toBe(0)
  await second.page.close()
})

it('reads well on a phone, dark and light, and tells nothing on the console', async () => {
  faults.splice(0)
  await page.setViewportSize({ width: 375, height: 800 })
  const tabs = ['comparison', 'arms', 'targeting', 'settings', 'use', 'history'].map(tab => `/flags/greet?tab=${tab}`)
  for (const path of ['/flags', '/flags?new', '/flags/segments', '/settings/ai', '/settings/keys', ...tabs])
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(home + path)
      await expectNoSidewaysScroll(page)
      await expectAccessible(page)
    }
  expect(faults).toEqual([])
})
