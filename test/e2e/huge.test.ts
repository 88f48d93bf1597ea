import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
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

async function send(spans: object[]) {
  const headers = { authorization: `Bearer ${owner.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify(jsonRequest(spans))
  const answer = await fetch(`${product.otlpUrl}/v1/traces`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
}
const traceUrl = (traceId: string) => `${product.url}/p/${owner.projectId}/traces/${traceId}`

/** A picture of noise, which no compression makes small. */
function png(size: number): string {
  const chunk = (type: string, body: Buffer) => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    const named = Buffer.concat([Buffer.from(type), body])
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(named))
    return Buffer.concat([head, named, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 2], 8)
  const rows = Array.from({ length: size }, () => Buffer.concat([Buffer.from([0]), randomBytes(size * 3)]))
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]).toString('base64')
}

it('a prompt of 10 MB with an image is shown by its beginning and the picture, and is there whole', async () => {
  const traceId = hex(16)
  const prompt = `Tell me about this picture. ${'words and more words. '.repeat(450_000)}THE VERY END`
  const content = [
    { type: 'text', text: prompt },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${png(200)}` } },
  ]
  const input = JSON.stringify([{ role: 'user', content }])
  const note = 'n'.repeat(3_000_000)
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': input, 'my.note': note }
  const span = jsonSpan({ traceId, attributes })
  await send([span])
  const { page, faults } = await openPage(context)
  await page.goto(traceUrl(traceId))
  await page.getByText('Tell me about this picture.').first().waitFor()
  const image = page.locator('img[alt^="From the message: image/png"]')
  await expect.poll(() => image.evaluate(node => (node as HTMLImageElement).naturalWidth)).toBe(200)
  await expectAccessible(page)
  const html = (await page.content()).length
  expect(html).toBeLessThan(1_000_000)
  const whole = page.getByRole('link', { name: 'Open all of it' }).first()
  const answer = await context.request.get(new URL((await whole.getAttribute('href')) ?? '', product.url).href)
  expect(answer.headers()['content-type']).toBe('text/plain; charset=utf-8')
  expect((await answer.text()) === input).toBe(true)
  const exported = await context.request.get(`${traceUrl(traceId)}/export`)
  expect(((await exported.json()) as { spans: { input: string }[] }).spans[0]?.input === input).toBe(true)
  await page.getByRole('tab', { name: /Attributes/ }).click()
  const all = page.getByRole('link', { name: 'Open all 3,000,002 characters' })
  const attribute = await context.request.get(new URL((await all.getAttribute('href')) ?? '', product.url).href)
  expect((await attribute.text()) === JSON.stringify(note)).toBe(true)
  await page.setViewportSize({ width: 375, height: 800 })
  await expectNoSidewaysScroll(page)
  expect(faults).toEqual([])
  await page.close()
})

it('media are served as what they are, to members alone', async () => {
  const traceId = hex(16)
  const page = `<html><script>alert(1)</script>${'x'.repeat(2_000)}`
  const data = `data:image/png;base64,${Buffer.from(page).toString('base64')}`
  const span = jsonSpan({ traceId, attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': data } })
  await send([span])
  const url = `${traceUrl(traceId)}/spans/${span.spanId}/payload?field=input`
  const answer = await context.request.get(`${url}&media=0`)
  const headers = answer.headers()
  expect([headers['content-type'], headers['x-content-type-options']]).toEqual(['application/octet-stream', 'nosniff'])
  expect(headers['content-disposition']).toContain('attachment')
  expect(headers['content-security-policy']).toContain('sandbox')
  expect((await context.request.get(`${url}&media=1`)).status()).toBe(404)
  expect((await context.request.get(url.replace('input', 'resource'))).status()).toBe(400)
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(302)
})

const many = async (count: number, overMs: number) => {
  const traceId = hex(16)
  const rootId = hex(8)
  const first = Date.now() - overMs
  const times = (at: number) => {
    const start = Math.round(first + (overMs * at) / count)
    return { startTimeUnixNano: `${start}000000`, endTimeUnixNano: `${start + 40}000000` }
  }
  const root = { traceId, spanId: rootId, name: 'the whole work', ...times(0), endTimeUnixNano: `${Date.now()}000000` }
  let parentSpanId = rootId
  for (let at = 1; at < count; at += 2_000) {
    const spans = Array.from({ length: Math.min(2_000, count - at) }, (_, more) => {
      const span = jsonSpan({ traceId, parentSpanId, name: `step ${at + more}`, ...times(at + more) })
      parentSpanId = (at + more) % 40 === 0 ? span.spanId : (at + more) % 40 === 20 ? rootId : parentSpanId
      return span
    })
    await send(spans)
  }
  await send([jsonSpan(root)])
  return traceId
}

it.each([
  [2_000, 60_000],
  [50_000, 3_600_000],
])('a trace of %i spans is a tree that can be gone through to its end', async (count, overMs) => {
  const traceId = await many(count, overMs)
  const { page, faults } = await openPage(context)
  await page.goto(traceUrl(traceId))
  await page
    .getByText(`${count.toLocaleString('en')} spans`)
    .first()
    .waitFor()
  const rows = page.getByRole('treeitem')
  expect(await rows.count()).toBeLessThan(120)
  await rows.first().click()
  await page.keyboard.press('End')
  const last = page.getByRole('treeitem', { name: new RegExp(`step ${count - 1}\\b`) })
  await last.waitFor()
  await page.keyboard.press('ArrowUp')
  await page.waitForURL(/span=[0-9a-f]{16}/)
  expect(faults).toEqual([])
  await page.close()
})

it('a trace is shown once it comes, and grows on the page, also when its root came first', async () => {
  const traceId = hex(16)
  const rootId = hex(8)
  const some = (count: number) => Array.from({ length: count }, () => jsonSpan({ traceId, parentSpanId: rootId }))
  const { page } = await openPage(context)
  await page.goto(traceUrl(traceId))
  await page.getByText('has no trace with this id').waitFor()
  await send([jsonSpan({ traceId, spanId: rootId, name: 'the root', parentSpanId: '' }), ...some(29)])
  await page.getByText('30 spans').first().waitFor()
  await send(some(500))
  await page.getByText('530 spans').first().waitFor()
  await page.close()
})

it('a trace that is still growing grows on the page', async () => {
  const traceId = hex(16)
  const rootId = hex(8)
  const some = (count: number) => Array.from({ length: count }, () => jsonSpan({ traceId, parentSpanId: rootId }))
  await send(some(30))
  const { page } = await openPage(context)
  await page.goto(traceUrl(traceId))
  await page.getByText('30 spans').first().waitFor()
  await send(some(500))
  await page.getByText('530 spans').first().waitFor()
  await page.close()
})
