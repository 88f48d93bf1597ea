import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouse, openClickHouse } from '../../db/clickhouse.ts'
import { createLogger } from '../../db/log.ts'
import { openPostgres, type Postgres } from '../../db/postgres.ts'
import { readRunning } from '../../db/stores.ts'
import { openRamp, type RampTest } from '../alerts/ramps.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, shoot, signedIn } from './browser.ts'

const folder = temporaryDir()
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext
let page: Page
let faults: string[]
let clickhouse: ClickHouse
let postgres: Postgres
let ramp: RampTest

beforeAll(async () => {
  // The ramp's worker is run here, over simulated days; everything else is the product as people start it.
  product = await startProduct({ dataDir: folder.path, roles: ['web', 'ingest'] })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  const urls = readRunning(folder.path)
  clickhouse = openClickHouse({ url: urls.clickhouse })
  postgres = openPostgres(urls.postgres)
  browser = await launch()
  context = await signedIn(browser, { cookie: owner.cookie, url: product.url })
  const opened = await openPage(context)
  page = opened.page
  faults = opened.faults
})

afterAll(async () => {
  await browser?.close()
  await Promise.allSettled([clickhouse?.close(), postgres?.close()])
  await product?.stop()
  folder.remove()
})

const at = (path = '') => `${product.url}/p/${owner.projectId}/flags/support${path}`
const verdict = () => page.getByRole('region', { name: 'Verdict' })
/** In both sizes and colours, without a fault. */
async function expectGood() {
  for (const width of [1440, 375])
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
    }
  await page.setViewportSize({ width: 1440, height: 900 })
}

it('tells before a canary what it would see at this traffic', async () => {
  ramp = await openRamp(
    { clickhouse, postgres, log: createLogger('error') },
    { state: 'control', ramp: undefined },
    owner.projectId,
  )
  await page.goto(at())
  await page.getByText('No traffic to go by').waitFor()
  await expectAccessible(page)
  const users: [number, number] = [0, 3000]
  const usual = { errors: 0.05 }
  await ramp.send({ users, from: ramp.after(-10 * 24), to: ramp.after(9 * 24), control: usual, canary: usual })
  await page.goto(at('?share=5000'))
  const table = page.getByRole('region', { name: 'What a canary would see' })
  const errors = table.getByRole('row', { name: /^Errors/ })
  await errors.waitFor()
  expect(await errors.textContent()).toMatch(/\d+\.\d %from \+\d+ %from \+\d+ %(after \d+ days|not in sight)/)
  await page.getByRole('combobox', { name: 'Share of the canary' }).click()
  await page.getByRole('option', { name: 'at 1 %', exact: true }).click()
  await page.waitForURL(/share=100/)
  await page.getByText(/A canary at 1 % is compared on about/).waitFor()
  await expectGood()
  await shoot(page, 'sight')
})

it('shows both arms of a canary on each guardrail, and says what is missing', async () => {
  ramp = await openRamp(
    { clickhouse, postgres, log: createLogger('error') },
    { canary: { version: '3' } },
    owner.projectId,
  )
  const day = { from: ramp.after(10 * 24 - 47), to: ramp.after(10 * 24 - 2) }
  await postgres.sql`update flag_changes set at = ${ramp.after(10 * 24 - 48)} where project_id = ${owner.projectId} and (after ->> 'state') = 'canary'`
  await ramp.send({ users: [10_000, 11_500], ...day, canary: { errors: 0.05, ms: 1010 }, control: { errors: 0.05 } })
  const began = performance.now()
  await page.goto(at())
  await verdict().waitFor()
  console.info(`flag page with its comparison after ${Math.round(performance.now() - began)} ms`)
  expect(await verdict().textContent()).toMatch(
    /^Hold: \d of 5 guardrails are safe; .* more users, (\d+ days?|years) at this traffic\./,
  )
  const guardrails = page.getByRole('list', { name: 'Guardrails' })
  expect(await guardrails.getByRole('listitem').filter({ hasText: 'Latency' }).textContent()).toContain('safe')
  expect(await page.getByRole('region', { name: 'Cohorts' }).textContent()).toMatch(
    /canary\d{3}\d{3}0.*control\d{3}\d{3}0/,
  )
  await page.getByText('sound', { exact: true }).waitFor()
  await page.getByText('given alike').waitFor()
  await page
    .getByRole('figure', { name: /of the canary and the control over time/ })
    .locator('svg')
    .first()
    .waitFor()
  expect(await page.getByRole('list', { name: 'Stages' }).textContent()).toContain('45 %')
  await expectGood()
  await shoot(page, 'hold')

  // Another metric, and the traces behind a number and of the sample.
  await page.getByRole('combobox', { name: 'Metric of the chart' }).click()
  await page
    .getByRole('option', { name: 'Error rate' })
    .or(page.getByRole('option', { name: 'Errors' }))
    .first()
    .click()
  await page.waitForURL(/metric=error_rate/)
  const errors = guardrails.getByRole('listitem').filter({ hasText: 'Errors' })
  const shown = await errors.getByRole('link').nth(1).getAttribute('href')
  await errors.getByRole('link').nth(1).click()
  await page.waitForURL(/\/traces\?/)
  expect(shown).toContain('variant=support%3Dcanary')
  await page.getByRole('grid').getByRole('row').nth(2).waitFor()
  expect(await page.getByRole('grid').textContent()).not.toContain('control')
  await page.goBack()
  await page
    .getByRole('link', { name: /How long may I return order/ })
    .first()
    .click()
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/)
})

it('shows why a canary was rolled back, after it was', async () => {
  await ramp.send({
    ...{ users: [20_000, 21_500], from: ramp.after(10 * 24 - 40), to: ramp.after(10 * 24 - 2) },
    ...{ canary: { errors: 0.3 }, control: { errors: 0.05 } },
  })
  await page.goto(at())
  await expect.poll(() => verdict().textContent()).toMatch(/^Roll back: .*errors are surely worse than the control's/)
  await expectGood()
  await shoot(page, 'rollback')
  await ramp.look(new Date())
  await page.reload()
  await verdict().getByText('the canary is not on any more').waitFor()
  expect(await verdict().textContent()).toMatch(/^Roll back: .*errors are surely worse/)
  await page.getByRole('region', { name: 'What a canary would see' }).waitFor()
  await page.getByRole('tab', { name: /^History/ }).click()
  await page.getByText(/^“.*errors are surely worse/).waitFor()
  await page.getByText('By these numbers').first().click()
  await page.getByText('"error_rate"').first().waitFor()
  expect(faults).toEqual([])
})
