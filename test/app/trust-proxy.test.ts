import { beforeAll, expect, it } from 'vitest'
import { firstVisit, owner, startTestWeb, Visitor, type Web } from './web.ts'

let near: Web
let far: Web
beforeAll(async () => {
  // These tests stand at a loopback address, as a proxy on the same machine does.
  near = await startTestWeb({ TRUST_PROXY: 'loopback' })
  far = await startTestWeb({ TRUST_PROXY: '192.0.2.0/24' })
  for (const web of [near, far]) await firstVisit(web)
})

async function guesses(web: Web, clientOf: (n: number) => string) {
  const statuses: number[] = []
  for (let n = 1; n <= 12; n++) {
    const headers = { 'x-forwarded-for': clientOf(n) }
    const fields = { email: owner.email, password: `guess ${n}` }
    statuses.push((await new Visitor(web).post('/sign-in', fields, headers)).status)
  }
  return statuses
}

it('limits the sign-ins of each client of a proxy that is believed', async () => {
  expect(new Set(await guesses(near, n => `203.0.113.${n}`))).toEqual(new Set([401]))
  expect((await guesses(near, () => '203.0.113.99')).at(-1)).toBe(429)
})

it('takes the port that a proxy tells for no part of the address', async () => {
  const statuses = await guesses(near, n => `203.0.113.200:${4000 + n}`)
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429])
  expect(new Set(await guesses(near, n => `[2001:db8:${n}::1]:4000`))).toEqual(new Set([401]))
})

it('does not believe anybody else', async () => {
  expect((await guesses(far, n => `198.51.100.${n}`)).at(-1)).toBe(429)
})
