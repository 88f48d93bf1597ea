import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import express from 'express'
import { beforeAll, describe, expect, it } from 'vitest'
import { healthRoutes } from '../../app/health.ts'
import { startWeb } from '../../app/server.ts'
import { openClickHouse } from '../../db/clickhouse.ts'
import { freePort } from '../setup/product.ts'
import { firstVisit, startTestWeb, Visitor, type Web } from './web.ts'

let web: Web
let visitor: Visitor
let projectId: string
beforeAll(async () => {
  web = await startTestWeb()
  const visit = await firstVisit(web)
  visitor = visit.visitor
  projectId = visit.projectId
})

const nonceOf = (answer: Response) =>
  /script-src 'self' 'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]

describe('every page', () => {
  it('says what is wrong with the character NUL, in an address and in a field', async () => {
    expect((await visitor.get(`/p/${projectId}/runs?workflow=%00`)).status).toBe(200)
    for (const path of [`/p/${projectId}%00/runs`, '/p/%00']) {
      const answer = await visitor.get(path)
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('the character NUL')])
    }
    const answer = await visitor.post('/account', {
      intent: 'password',
      current: 'a\0b',
      password: 'c\0d',
      name: 'e\0f',
    })
    expect(answer.status).toBeLessThan(500)
    const named = await visitor.post('/projects/new', { name: 'No\0name' })
    expect([named.status, await named.text()]).toEqual([
      400,
      expect.stringContaining('Must not hold the character NUL.'),
    ])
  })

  it('carries the headers that keep other sites out', async () => {
    const { headers } = await visitor.get(`/p/${projectId}/runs`)
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('content-security-policy')).not.toContain('unsafe-eval')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cache-control')).toBe('private, no-cache')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  it('runs only scripts that carry the nonce of this one answer', async () => {
    const [first, second] = [await visitor.get(`/p/${projectId}/runs`), await visitor.get(`/p/${projectId}/runs`)]
    const nonce = nonceOf(first) ?? ''
    expect(nonce.length).toBeGreaterThan(20)
    expect(nonceOf(second)).not.toBe(nonce)
    const scripts = [...(await first.text()).matchAll(/<script\b([^>]*)>/g)].map(match => match[1] ?? '')
    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter(attributes => !attributes.includes(`nonce="${nonce}"`))).toEqual([])
  })

  it('shows what people wrote as text', async () => {
    const name = '<img src=x onerror=alert(1)></script><script>alert(2)</script>'
    const made = await visitor.post('/projects/new', { name })
    const page = await (await visitor.get(made.headers.get('location')!)).text()
    expect(page).not.toContain('<img src=x')
    expect(page).not.toContain('<script>alert')
  })

  it('that is not there says so with its status', async () => {
    const inside = await visitor.get(`/p/${projectId}/nowhere`)
    expect([inside.status, (await inside.text()).includes('There is no page at this address.')]).toEqual([404, true])
    expect((await visitor.get('/nowhere')).status).toBe(404)
  })

  it('that fails is told to the log without the token of its link', async () => {
    const { postgres, log } = web.services
    const told: unknown[] = []
    const { error } = log
    log.error = (...line) => void told.push(line)
    await postgres.sql`alter table invites rename to invites_away`
    const { status } = await visitor.get('/invite?token=opens-an-account')
    await postgres.sql`alter table invites_away rename to invites`
    log.error = error
    expect(status).toBe(500)
    expect(told).toEqual([['cannot answer a page', expect.objectContaining({ path: '/invite' })]])
    expect(inspect(told)).not.toContain('opens-an-account')
  })

  it('is painted in the theme that was chosen', async () => {
    const system = await (await visitor.get(`/p/${projectId}/runs`)).text()
    visitor.cookies.set('davylamp_theme', 'dark')
    const dark = await (await visitor.get(`/p/${projectId}/runs`)).text()
    visitor.cookies.delete('davylamp_theme')
    expect([/<html[^>]*data-theme/.test(system), dark.includes('data-theme="dark"')]).toEqual([false, true])
  })
})

describe('a request that changes something', () => {
  const change = (headers: Record<string, string>) =>
    visitor.post('/projects/new', { name: 'From elsewhere' }, headers).then(answer => answer.status)

  it('is refused when another site sent it', async () => {
    expect(await change({ origin: 'https://evil.example' })).toBe(403)
    expect(await change({ origin: 'null' })).toBe(403)
    expect(await change({ origin: '', 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await change({ origin: `${web.url}.evil.example` })).toBe(403)
    const [row] = await web.services.postgres.sql`select count(*) as n from projects where name = 'From elsewhere'`
    expect(row?.n).toBe(0)
  })

  it('is taken from our own page', async () => {
    expect(await change({})).toBe(302)
  })
})

describe('a form that is too long', () => {
  const long = 9 << 20

  it('is refused, whoever sends it, and one that a page may send is read', async () => {
    const sent = await fetch(`${web.url}/sign-in`, {
      method: 'POST',
      headers: { origin: web.url },
      body: new URLSearchParams({ email: 'x'.repeat(long), password: 'x' }),
    })
    expect([sent.status, await sent.text()]).toEqual([413, expect.stringContaining('8388608 bytes at most')])
    const answer = await new Visitor(web).post('/sign-in', { email: 'x'.repeat(long - (2 << 20)), password: 'x' })
    expect(answer.status).toBe(400)
  })

  it('is cut off where it does not tell its length, and changes nothing', async () => {
    const name = `cut ${'x'.repeat(90)}`
    const cut = await new Promise(resolve => {
      const sent = request(`${web.url}/projects/new`, {
        method: 'POST',
        headers: {
          origin: web.url,
          'content-type': 'application/x-www-form-urlencoded',
          cookie: [...visitor.cookies].map(pair => pair.join('=')).join('; '),
        },
      })
      sent.on('response', ({ statusCode }) => resolve(statusCode)).on('error', () => resolve('cut off'))
      sent.write(`name=${encodeURIComponent(name)}&more=`)
      for (let bytes = 0; bytes < long; bytes += 1 << 20) sent.write('x'.repeat(1 << 20))
      sent.end()
    })
    expect(cut).toBe('cut off')
    const [row] = await web.services.postgres.sql`select count(*) as n from projects where name = ${name}`
    expect(row?.n).toBe(0)
  })
})

describe('the server', () => {
  it('says that it is alive and that its stores answer', async () => {
    const [alive, ready] = await Promise.all([fetch(`${web.url}/healthz`), fetch(`${web.url}/readyz`)])
    expect([alive.status, await alive.text()]).toEqual([200, 'ok\n'])
    expect([ready.status, await ready.json()]).toMatchObject([200, { ok: true }])
  })

  it('tells anybody which store is down, and the log why', async () => {
    const lines: unknown[] = []
    const log = { ...web.services.log, warn: (...line: unknown[]) => void lines.push(line) }
    // Nothing listens there any more.
    const clickhouse = openClickHouse({ url: `http://127.0.0.1:${await freePort()}` })
    const app = express().use(healthRoutes({ ...web.services, clickhouse, log }))
    const server = createServer(app)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    for (const _ of [1, 2]) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      const stores = { clickhouse: 'down', postgres: 'ok', queue: 'ok' }
      expect([answer.status, await answer.json()]).toEqual([503, { ok: false, stores }])
    }
    expect(lines).toEqual([['a store does not answer', { clickhouse: expect.stringContaining('127.0.0.1') }]])
    await clickhouse.close()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  it('is sent compressed, and so are scripts', async () => {
    const page = await visitor.get(`/p/${projectId}/runs`, { 'accept-encoding': 'gzip' })
    expect(page.headers.get('content-encoding')).toBe('gzip')
    const [asset] = /\/assets\/[\w.-]+\.js/.exec(await page.text()) ?? []
    const script = await fetch(web.url + asset, { headers: { 'accept-encoding': 'gzip' } })
    expect(script.headers.get('content-encoding')).toBe('gzip')
  })

  it('lets browsers keep the assets, whose names change with their content', async () => {
    const page = await (await visitor.get(`/p/${projectId}/runs`)).text()
    const [asset] = /\/assets\/[\w.-]+\.js/.exec(page) ?? []
    const answer = await fetch(web.url + asset)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect((await fetch(`${web.url}/assets/none.js`)).status).toBe(404)
  })

  it('says which port is in use, and what to do', async () => {
    const other = createServer()
    await new Promise<void>(done => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as AddressInfo
    const services = { ...web.services, config: { ...web.services.config, port } }
    await expect(startWeb(services)).rejects.toThrow(`port ${port} is in use: stop what listens there or set PORT`)
    await new Promise(done => other.close(done))
  })
})
