import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { expect } from 'vitest'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

function executable() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.flatMap(folder => names.map(name => join(folder, name))).find(existsSync)
  if (!found) throw new Error('the browser tests need Chromium: install it, or set CHROMIUM_PATH')
  return found
}

/** Headless, and quiet on the network: without these flags Chromium looks up hosts of its maker at each start. */
export function launch(): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
  return chromium.launch({
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  })
}

/** A context with the cookies of one who is signed in at `url`, as wide as a desk's screen. */
export async function signedIn(browser: Browser, { cookie, url }: { cookie: string; url: string }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const cookies = cookie.split('; ').map(text => text.split(/=(.*)/s))
  await context.addCookies(cookies.map(([name = '', value = '']) => ({ name, value, url })))
  return context
}

/** Remix writes this when somebody moves on while an answer is being read that is not needed any more (single-fetch.js). */
const movedOn = 'AbortError: signal is aborted without reason'

/** A page whose console errors, uncaught errors and failed requests are kept in `faults`. */
export async function openPage(context: BrowserContext): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', message => {
    const isFault = message.type() === 'error' || message.type() === 'warning'
    if (isFault && !message.text().startsWith(movedOn)) faults.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', error => faults.push(`uncaught: ${error.message}`))
  return { page, faults }
}

/** Pictures of a page to look at, in both sizes and colours, where the variable SHOTS names a folder for them. */
export async function shoot(page: Page, name: string) {
  const folder = process.env.SHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  for (const colorScheme of ['dark', 'light'] as const)
    for (const width of [1440, 375]) {
      await page.setViewportSize({ width, height: width === 375 ? 800 : 900 })
      await page.emulateMedia({ colorScheme })
      await delay(300)
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true })
    }
  await page.setViewportSize({ width: 1440, height: 900 })
}

/** Fails with each violation of WCAG A and AA and where it stands, once nothing on the page is being loaded. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
  const scan = async () => {
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze()
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(node => `${id} (${help}): ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    )
  }
  // A page that has only just come is not all there yet: its tabs can be reached when its scripts run.
  await expect.poll(scan, { timeout: 10_000 }).toEqual([])
}

/** Fails when the page scrolls sideways, once what is drawn to fit has been drawn again after a change of size. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect.poll(beyond, { timeout: 10_000 }).toBeLessThanOrEqual(0)
}
