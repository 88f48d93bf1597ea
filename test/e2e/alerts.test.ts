import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBacktests } from '../../alerts/backtest.ts'
import { checkProject } from '../../alerts/check.ts'
import { startSender } from '../../alerts/notify.ts'
import { type ClickHouse, openClickHouse } from '../../db/clickhouse.ts'
import { loadConfig } from '../../db/config.ts'
import { dayMs, hourMs } from '../../db/domain/time.ts'
import { listChanges, readItem } from '../../db/flag-history.ts'
import { createLogger } from '../../db/log.ts'
import { openMail } from '../../db/mail.ts'
import { openPostgres, type Postgres } from '../../db/postgres.ts'
import { openSecret } from '../../db/secret.ts'
import { readRunning } from '../../db/stores.ts'
import { hurry } from '../alerts/looks.ts'
import { putFlag, workflowDoc } from '../flags/factory.ts'
import { hex, jsonRequest, jsonSpan, seeded } from '../ingest/otlp-factory.ts'
import { type Catcher, startCatcher } from '../peers/catcher.ts'
import { asSlack } from '../peers/slack.ts'
import { type Smtp, startSmtp } from '../peers/smtp.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, expectNoSidewaysScroll, launch, openPage, shoot, signedIn } from './browser.ts'

const folder = temporaryDir()
const slack = asSlack({ perSecond: false })
let product: Product
let owner: Owner
let browser: Browser
let context: BrowserContext
let page: Page
let faults: string[]
let smtp: Smtp
let peer: Catcher
let clickhouse: ClickHouse
let postgres: Postgres
let stopWorkers: () => Promise<unknown>

beforeAll(async () => {
  smtp = await startSmtp()
  peer = await startCatcher(slack.handler)
  const env = { SMTP_URL: smtp.url, ALLOW_PRIVATE_ADDRESSES: 'true' }
  // The alert worker is run here, over simulated days; everything else is the product as people start it.
  product = await startProduct({ dataDir: folder.path, roles: ['web', 'ingest'], env })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  const urls = readRunning(folder.path)
  clickhouse = openClickHouse({ url: urls.clickhouse })
  postgres = openPostgres(urls.postgres)
  const secret = await openSecret(postgres)
  const config = loadConfig({ ...env, PUBLIC_URL: product.url }, ['alerts'])
  const log = createLogger('error')
  const mail = openMail({ url: smtp.url, from: config.smtpFrom })
  const sender = startSender({ config, postgres, mail, secret, secrets: [secret], log })
  const backtests = startBacktests({ clickhouse, postgres, log })
  stopWorkers = () => Promise.all([sender.stop(), backtests.stop()])
  browser = await launch()
  context = await signedIn(browser, { cookie: owner.cookie, url: product.url })
  const opened = await openPage(context)
  page = opened.page
  faults = opened.faults
})

afterAll(async () => {
  await browser?.close()
  await stopWorkers?.()
  await Promise.allSettled([clickhouse?.close(), postgres?.close(), smtp?.close(), peer?.close()])
  await product?.stop()
  folder.remove()
})

const suspect = 'gpt-4o-2024-11-20'
const usual = 'gpt-4.1-2025-04-14'
/** Midnight, so many days ago: the story is told in days from here. */
const t0 = Math.floor(Date.now() / dayMs) * dayMs - 41 * dayMs
const [badFrom, badUntil] = [21 + 14 / 24, 28]

/** Forty days of traffic through OTLP and the signals API; in one model's traces people are unhappy for a week. */
async function sendTraffic() {
  const random = seeded(7)
  const spans: object[] = []
  const signals: object[] = []
  for (let at = 0; at < 40 * 60; at++) {
    const began = t0 + (at / 60) * dayMs
    const isSuspect = random() < 0.3
    const bad = isSuspect && at / 60 >= badFrom && at / 60 < badUntil
    const [traceId, rootId] = [hex(16), hex(8)]
    const user = `user-${Math.floor(random() * 120)}`
    const time = (ms: number) => `${Math.round(began + ms)}000000`
    const facts = {
      'gen_ai.workflow.name': 'support-agent',
      'user.id': user,
      'session.id': `${user}-${Math.floor(at / 60)}`,
    }
    const ms = 800 + random() * 900
    spans.push(
      jsonSpan({
        traceId,
        spanId: rootId,
        name: 'invoke_workflow support-agent',
        startTimeUnixNano: time(0),
        endTimeUnixNano: time(ms),
        attributes: {
          ...facts,
          'gen_ai.operation.name': 'invoke_workflow',
          'input.value': `How long may I return order ${at}?`,
        },
      }),
    )
    const call = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': isSuspect ? suspect : usual,
      'gen_ai.response.model': isSuspect ? suspect : usual,
      'gen_ai.usage.input_tokens': 900,
      'gen_ai.usage.output_tokens': 120,
    }
    spans.push(
      jsonSpan({
        traceId,
        parentSpanId: rootId,
        name: 'chat',
        startTimeUnixNano: time(10),
        endTimeUnixNano: time(ms - 10),
        attributes: { ...facts, ...call },
      }),
    )
    const unhappy = random() < (bad ? 0.65 : 0.1)
    signals.push({
      id: `s${at}`,
      trace_id: traceId,
      kind: 'thumbs',
      value: unhappy ? -1 : 1,
      at: new Date(began + 5_000).toISOString(),
      user_id: user,
    })
  }
  const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' }
  for (let at = 0; at < spans.length; at += 600) {
    const answer = await fetch(`${product.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers,
      body: JSON.stringify(jsonRequest(spans.slice(at, at + 600))),
    })
    expect(answer.status).toBe(200)
  }
  for (let at = 0; at < signals.length; at += 1_000) {
    const answer = await fetch(`${product.url}/v1/signals`, {
      method: 'POST',
      headers,
      body: JSON.stringify(signals.slice(at, at + 1_000)),
    })
    expect(answer.status).toBeLessThan(300)
  }
}

/** The suspect model came with a canary of the workflow, which began on the day on which it went wrong. */
async function startCanary() {
  const at = { postgres, projectId: owner.projectId }
  const fields = { state: 'canary', share: 3000, canary: { model: `openai/${suspect}` } }
  const { version } = await putFlag(at, workflowDoc('support-agent', fields), 'try the newer model')
  await postgres.sql`update flag_changes set at = ${new Date(t0 + badFrom * dayMs)} where version = ${version}`
}

const at = (path: string) => `${product.url}/p/${owner.projectId}/${path}`
async function addChannels() {
  await page.goto(at('alerts/channels'))
  await page.getByText('No channel yet').waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'New channel' }).click()
  await page.getByLabel('Name').fill('#support-quality')
  await page.getByLabel('Webhook URL').fill(`${peer.url}/services/T/B/x`)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /#support-quality/ }).waitFor()
  await page.getByRole('button', { name: 'New channel' }).click()
  await page.getByLabel('Name').fill('On call')
  await page.getByLabel('Kind').click()
  await page.getByRole('option', { name: 'E-mail' }).click()
  await page.getByLabel('Addresses').fill('not an address')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('is not an e-mail address').waitFor()
  expect(faults.splice(0)).toEqual([expect.stringContaining('400')])
  await page.getByLabel('Addresses').fill('oncall@example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  const mail = page.getByRole('row', { name: /On call/ })
  await mail.waitFor()
  await mail.getByRole('button', { name: 'Test' }).click()
  await mail.getByText('sent', { exact: true }).waitFor({ timeout: 20_000 })
  expect(smtp.letters.map(({ subject }) => subject)).toEqual([expect.stringContaining('A test from')])
  smtp.letters.splice(0)
  await shoot(page, 'channels')
}

/** The alert worker's round on the morning after so many days; what it writes goes out at once. */
async function morning(day: number) {
  await checkProject({ clickhouse, postgres }, owner.projectId, new Date(t0 + day * dayMs + 75 * 60_000))
  await hurry(postgres, owner.projectId)
}
const firing = async () => {
  const [row] =
    await postgres.sql`select count(*)::int as n from incidents where project_id = ${owner.projectId} and ended_at is null and told`
  return row?.n as number
}

it('tells a regression once, names its model, is rolled back from its page, and tells once that it is over', async () => {
  await startCanary()
  await sendTraffic()
  await addChannels()

  let fired = 0
  for (let day = 15; day <= 29 && fired === 0; day++) {
    await morning(day)
    if ((await firing()) > 0) fired = day
  }
  expect(fired).toBeGreaterThan(22)
  expect(fired).toBeLessThan(29)
  await expect.poll(() => [slack.posted.length, smtp.letters.length], { timeout: 20_000 }).toEqual([1, 1])
  expect(smtp.letters[0]?.subject).toContain('Negative feedback is up')
  for (const text of [JSON.stringify(slack.posted[0]?.message), smtp.letters[0]?.text ?? '']) {
    expect(text).toContain(suspect)
    expect(text).toContain('How long may I return order')
  }

  // The nav counts it, the list has it, and its page says everything.
  await page.goto(at('alerts'))
  await page.getByRole('link', { name: /Negative feedback is up/ }).waitFor()
  const badge = page
    .getByRole('navigation', { name: 'Main' })
    .first()
    .getByRole('link', { name: /Alerts/ })
  await expect.poll(() => badge.textContent()).toMatch(/Alerts1/)
  await expectAccessible(page)
  await shoot(page, 'firing')
  await page.getByRole('link', { name: /Negative feedback is up/ }).click()
  await page.waitForURL(/\/incidents\/\d+/)
  await page.getByRole('heading', { level: 1, name: /Negative feedback is up .* on last week/ }).waitFor()
  const incident = page.url()
  expect(await page.getByRole('region', { name: 'In short' }).textContent()).toContain(`model ${suspect} accounts for`)
  const began = await postgres.sql`select evidence ->> 'since' as since from incidents where told`
  expect(Math.abs(Date.parse(began[0]?.since) - (t0 + badFrom * dayMs))).toBeLessThan(18 * hourMs)
  expect(await page.getByRole('region', { name: 'Segments' }).getByRole('row').nth(1).textContent()).toContain(suspect)
  expect(await page.getByRole('region', { name: 'Notifications' }).getByText('sent', { exact: true }).count()).toBe(2)
  await page
    .getByRole('figure', { name: /this week over the week before/ })
    .locator('svg')
    .first()
    .waitFor()
  const changed = page.getByRole('link', { name: /flag support-agent was made: canary at 30 %.*try the newer model/ })
  expect(await changed.getAttribute('href')).toMatch(/flags\/support-agent\?tab=history$/)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Acknowledge' }).click()
  await page.getByRole('button', { name: 'Acknowledged' }).waitFor()
  expect(await page.getByRole('region', { name: 'History' }).textContent()).toContain('Ada is looking into it')
  await shoot(page, 'incident')

  // What caused it is undone from here, by what it means for how many.
  await page.getByRole('button', { name: 'Disable AI for support-agent' }).waitFor()
  await page.getByRole('button', { name: 'Roll back support-agent' }).click()
  const asked = page.getByRole('dialog')
  expect(await asked.textContent()).toMatch(/Ends its canary at 30 %, which served \d+ users in the last 7 days/)
  await expectAccessible(page)
  await shoot(page, 'incident-rollback')
  await asked.getByRole('button', { name: 'Roll back support-agent' }).click()
  await page.getByRole('region', { name: 'History' }).getByText('rolled support-agent back to the control').waitFor()
  expect(await page.getByRole('button', { name: 'Roll back support-agent' }).count()).toBe(0)
  const flag = await readItem(postgres, { projectId: owner.projectId, kind: 'flag', key: 'support-agent' })
  expect(flag?.doc).toMatchObject({ state: 'control' })
  const [change] = await listChanges(postgres, { projectId: owner.projectId, key: 'support-agent' })
  expect(change).toMatchObject({ madeBy: 'person', why: expect.stringMatching(/^Incident \d+: Negative feedback/) })
  await shoot(page, 'incident-rolled-back')

  // That somebody else has done it by then is said.
  await page.getByRole('button', { name: 'Disable AI for support-agent' }).click()
  const store = { postgres, projectId: owner.projectId }
  await putFlag(store, workflowDoc('support-agent', { state: 'off' }), 'off by hand')
  await page.getByRole('dialog').getByRole('button', { name: 'Disable AI for support-agent' }).click()
  await page.getByRole('alert').getByText('This cannot be done any more.').waitFor()
  expect(faults.splice(0)).toEqual([expect.stringContaining('409')])

  for (let day = fired + 1; day <= 40; day++) await morning(day)
  expect(await firing()).toBe(0)
  await expect.poll(() => [slack.posted.length, smtp.letters.length], { timeout: 20_000 }).toEqual([2, 2])
  expect(smtp.letters[1]?.subject).toBe(`Re: ${smtp.letters[0]?.subject}`)
  expect(smtp.letters[1]?.text).toContain('Recovered: Negative feedback')
  const told = await postgres.sql`select count(*)::int as n from incidents where told`
  expect(told[0]?.n).toBe(1)
  await page.goto(incident)
  await page.getByText('resolved').first().waitFor()
  await page.goto(at('alerts'))
  await page.getByText('Nothing is firing').waitFor()
  await expectAccessible(page)
}, 480_000)

it('shows the letters as mail programs will', async () => {
  expect(smtp.letters.length).toBe(2)
  for (const [at, letter] of smtp.letters.entries()) {
    const reader = await context.newPage()
    await reader.setContent(letter.html || '')
    expect(
      await reader.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
    ).toBe(true)
    expect(await reader.getByRole('link', { name: 'Open the incident' }).getAttribute('href')).toMatch(
      /\/alerts\/incidents\/\d+$/,
    )
    if (process.env.SHOTS) await reader.screenshot({ path: `${process.env.SHOTS}/letter-${at}.png`, fullPage: true })
    await reader.close()
  }
})

it('tries a rule on history before it is saved, and goes on while nobody looks', async () => {
  await page.goto(at('alerts/rules'))
  expect(await page.getByRole('region', { name: 'Rules' }).getByRole('row').count()).toBe(11)
  await expectAccessible(page)
  await shoot(page, 'rules')
  await page.getByRole('link', { name: 'New rule' }).click()
  await page.getByLabel('Name').fill('Unhappy with the suspect')
  await page.getByLabel('Only model').fill(suspect)
  await page.getByLabel('Worse by, in %').fill('0')
  await page.getByRole('button', { name: 'Try it on history' }).click()
  await page.getByText('The threshold must be at least 1 %').waitFor()
  expect(faults.splice(0)).toEqual([expect.stringContaining('400')])
  expect(await page.getByLabel('Name').inputValue()).toBe('Unhappy with the suspect')
  await page.getByLabel('Worse by, in %').fill('20')
  await page.getByLabel('Users in each window').fill('30')
  await page.getByLabel('Events in the window before').fill('5')
  await page.getByRole('button', { name: 'Try it on history' }).click()
  await page.waitForURL(/backtest=bt_/)
  const address = page.url()
  await page.goto(at('overview'))
  await page.goto(address)
  await page.getByText('alarms a month').waitFor({ timeout: 60_000 })
  await page
    .getByRole('figure', { name: /with the alarms/ })
    .locator('svg')
    .first()
    .waitFor()
  await expectAccessible(page)
  await shoot(page, 'rule')
  await page.getByRole('button', { name: 'Save this rule' }).click()
  await page.getByRole('row', { name: /Unhappy with the suspect/ }).waitFor()
})

it('silences, mutes a time of the week, and lifts it', async () => {
  await page.goto(at('alerts/silences'))
  await page.getByText('Nothing is silenced').waitFor()
  await page.getByRole('button', { name: 'New silence' }).click()
  await page.getByLabel('When').click()
  await page.getByRole('option', { name: /every week/ }).click()
  await page.getByLabel('Why').fill('nobody works at the weekend')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Mute it' }).click()
  const row = page.getByRole('row', { name: /nobody works at the weekend/ })
  await row.waitFor()
  await shoot(page, 'silences')
  await row.getByRole('button', { name: 'Lift' }).click()
  await page.getByText('Nothing is silenced').waitFor()
})

it('fits a phone, in dark and light, and tells nothing on the console', async () => {
  await page.setViewportSize({ width: 375, height: 800 })
  const [incident] = await postgres.sql`select id::int as id from incidents where told`
  for (const path of [
    'alerts',
    'alerts/rules',
    'alerts/rules/new',
    'alerts/silences',
    'alerts/channels',
    `alerts/incidents/${incident?.id}`,
  ])
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(at(path))
      await expectNoSidewaysScroll(page)
      await expectAccessible(page)
    }
  expect(faults).toEqual([])
})
