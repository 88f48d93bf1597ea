import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Smtp, startSmtp } from '../peers/smtp.ts'
import { createOwner, type Owner } from '../setup/owner.ts'
import { type Product, readyLine, startProduct, temporaryDir } from '../setup/product.ts'
import { expectAccessible, launch, openPage, shoot, signedIn } from './browser.ts'

const folder = temporaryDir()
const email = 'ada@example.com'
let smtp: Smtp
let product: Product
let owner: Owner
let browser: Browser

beforeAll(async () => {
  smtp = await startSmtp()
  product = await startProduct({ dataDir: folder.path, env: { SMTP_URL: smtp.url } })
  owner = await createOwner(product, (await product.until(readyLine))[1]!)
  browser = await launch()
})

afterAll(async () => {
  await browser?.close()
  await product?.stop()
  await smtp?.close()
  folder.remove()
})

it('mails an invitation, and shows its link as well', async () => {
  const { page, faults } = await openPage(await signedIn(browser, { cookie: owner.cookie, url: product.url }))
  await page.goto(`${product.url}/p/${owner.projectId}/settings/members`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('E-mail').fill('grace@example.com')
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
  await page.getByText('Mailed to grace@example.com').waitFor()
  expect(smtp.letters[0]?.subject).toContain('Ada invites you')
  await expectAccessible(page)
  await shoot(page, 'invite-mailed')
  expect(faults).toEqual([])
})

it('mails a link by which somebody chooses a new password and signs in', async () => {
  const { page, faults } = await openPage(await browser.newContext())
  await page.goto(`${product.url}/sign-in`)
  await page.getByRole('link', { name: 'Forgot the password?' }).click()
  // Both pages ask for an e-mail address.
  await page.waitForURL(/\/forgot-password/)
  await page.getByLabel('E-mail').fill(email)
  await expectAccessible(page)
  await shoot(page, 'forgot-password')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText(`If ${email} has an account here`).waitFor()
  await expect.poll(() => smtp.letters.at(-1)?.subject, { timeout: 10_000 }).toContain('Choose a new password')
  const [link = ''] = /http\S+/.exec(smtp.letters.at(-1)?.text ?? '') ?? []
  await page.goto(link)
  await expectAccessible(page)
  await shoot(page, 'reset-password')
  await page.getByLabel('New password').fill('quite another one')
  await page.keyboard.press('Enter')
  await page.getByText('The password is changed.').waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('quite another one')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/p\//)
  expect(faults).toEqual([])
})
