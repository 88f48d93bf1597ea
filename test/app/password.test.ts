import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { createAccount } from '../../db/accounts.ts'
import { cleanEnv } from '../setup/product.ts'
import { firstVisit, startTestWeb, Visitor, type Web } from './web.ts'

let web: Web
beforeAll(async () => {
  web = await startTestWeb()
  await firstVisit(web)
})

const password = 'a long enough one'
const addPerson = (email: string) => createAccount(web.services.postgres, { name: 'Somebody', email, password })
const change = (visitor: Visitor, current: string, next: string) =>
  visitor.post('/account', { current, password: next })
const signIn = async (email: string, secret: string) => {
  const visitor = new Visitor(web)
  return { visitor, status: (await visitor.post('/sign-in', { email, password: secret })).status }
}

it('a password is changed by who knows it, which ends their other sessions and not this one', async () => {
  const email = 'changer@example.com'
  await addPerson(email)
  const here = (await signIn(email, password)).visitor
  const elsewhere = (await signIn(email, password)).visitor
  const wrong = await change(here, 'not the one of now', 'another long one')
  expect([wrong.status, (await wrong.text()).includes('This is not the password of now.')]).toEqual([400, true])
  const short = await change(here, password, 'short')
  expect([short.status, (await short.text()).includes('at least 10 characters')]).toEqual([400, true])
  const done = await change(here, password, 'another long one')
  expect([done.status, (await done.text()).includes('signed out everywhere else')]).toEqual([200, true])
  expect([(await here.get('/account')).status, (await elsewhere.get('/account')).status]).toEqual([200, 302])
  expect((await signIn(email, password)).status).toBe(401)
  expect((await signIn(email, 'another long one')).status).toBe(302)
  expect((await change(new Visitor(web), password, 'another long one')).headers.get('location')).toContain('/sign-in')
})

it('a password that was forgotten is replaced on the machine', async () => {
  const email = 'forgetful@example.com'
  await addPerson(email)
  const before = (await signIn(email, password)).visitor
  const script = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['scripts/new-password.ts', ...args], {
      env: cleanEnv({ DATABASE_URL: web.services.config.databaseUrl ?? '' }),
    })
  const { stdout } = await script('Forgetful@example.com')
  const given = /is (\S{20}) /.exec(stdout)?.[1] ?? ''
  expect((await before.get('/account')).status).toBe(302)
  expect((await signIn(email, password)).status).toBe(401)
  expect((await signIn(email, given)).status).toBe(302)
  await expect(script('nobody@example.com')).rejects.toThrow(/nobody has an account with the address/)
  await expect(script()).rejects.toThrow(/say whose/)
})
