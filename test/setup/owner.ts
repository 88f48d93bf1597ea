import type { Product } from './product.ts'

export type Owner = { cookie: string; projectId: string; apiKey: string }

const person = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery', projectName: 'Support' }

/** Goes through the first visit of a running product as a browser would, and makes one more API key to read it. */
export async function createOwner(product: Product, setupUrl: string): Promise<Owner> {
  const token = new URL(setupUrl).searchParams.get('token') ?? ''
  const welcome = await post(product, '/welcome', { ...person, token })
  const cookie = welcome.headers
    .getSetCookie()
    .map(text => text.split(';')[0])
    .join('; ')
  const projectId = /\/p\/(\w+)\//.exec(welcome.headers.get('location') ?? '')?.[1]
  if (!projectId) throw new Error(`the first visit answered ${welcome.status}: ${await welcome.text()}`)
  const page = await fetch(`${product.url}/p/${projectId}/data-in`, { headers: { cookie } })
  const apiKey = /dlk_[a-z0-9]{12}_[\w-]{32}/.exec(await page.text())?.[0]
  if (!apiKey) throw new Error('the page Data in does not show the first key')
  return { cookie, projectId, apiKey }
}

function post(product: Product, path: string, fields: Record<string, string>) {
  const headers = { origin: product.url, 'content-type': 'application/x-www-form-urlencoded' }
  return fetch(product.url + path, { method: 'POST', headers, body: new URLSearchParams(fields), redirect: 'manual' })
}
