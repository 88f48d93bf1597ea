import { expect, it, vi } from 'vitest'
import type { Auth } from '../../../db/auth.ts'
import { createIdentity } from '../../../db/identity.ts'
import { createLogger } from '../../../db/log.ts'
import type { Postgres } from '../../../db/postgres.ts'

it('nonsense in place of a key takes nothing of what is remembered of keys', async () => {
  const where = vi.fn(async () => [])
  const postgres = { orm: { select: () => ({ from: () => ({ where }) }) } } as unknown as Postgres
  const log = createLogger('error')
  const identity = createIdentity({ postgres, auth: {} as Auth, secret: 'x'.repeat(32), log })
  const ask = (key: string) => identity.byKey({ get: name => (name === 'x-api-key' ? key : null) })
  const key = `dlk_${'a'.repeat(12)}_${'b'.repeat(32)}`
  expect(await ask(key)).toBe('invalid')
  expect(where).toHaveBeenCalledTimes(1)
  for (let n = 0; n < 10_100; n++) expect(await ask(`nonsense ${n}`)).toBe('invalid')
  expect(await ask(key)).toBe('invalid')
  expect(where).toHaveBeenCalledTimes(1)
})
