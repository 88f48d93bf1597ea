import { expect, it } from 'vitest'
import { readyLine, startProduct, temporaryDir } from './setup/product.ts'

it('serves the sources with hot reload when developing', async () => {
  const folder = temporaryDir()
  const product = await startProduct({ dataDir: folder.path, roles: ['--dev'], env: { NODE_ENV: 'development' } })
  try {
    const [, url] = await product.until(readyLine, 120_000)
    const page = await (await fetch(url!)).text()
    expect(page).toContain('Welcome')
    const client = /src="(\/@(?:id|vite)[^"]*)"|(\/app\/entry\.client\.tsx)/.exec(page)
    expect(client).not.toBeNull()
    const module = await fetch(product.url + (client?.[1] ?? client?.[2]))
    expect(module.headers.get('content-type')).toMatch(/javascript/)
    expect(await module.text()).toContain('import')
    const snippet = await fetch(`${product.url}/davylamp.js`)
    expect(snippet.headers.get('content-type')).toMatch(/javascript/)
    expect(await snippet.text()).toContain('/v1/signals')
  } finally {
    await product.stop()
    folder.remove()
  }
}, 180_000)
