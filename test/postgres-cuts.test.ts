import { expect, it } from 'vitest'
import { openPostgres } from '../db/postgres.ts'
import { freshDatabase } from './setup/context.ts'
import { startProxy } from './setup/proxy.ts'

// What nobody catches would end the product; here it fails the run.
it('connections that are reset before any of their first answers fail what was asked at most', async () => {
  const url = await freshDatabase()
  const names = ['a', 'b']
  const outcomes = []
  for (let reset = 0; reset < 8; reset++) {
    const proxy = await startProxy(url)
    const postgres = openPostgres(proxy.url)
    const ask = () => postgres.sql`select ${names}::text[] as names`.then(([row]) => row?.names)
    proxy.change({ reset })
    outcomes.push(await ask().catch(({ code }) => code))
    proxy.change('fair')
    await expect.poll(() => ask().catch(() => 'refused'), { interval: 5 }).toEqual(names)
    await postgres.close()
    await proxy.close()
  }
  expect(outcomes[0]).toBe('ECONNRESET')
  expect(outcomes.at(-1)).toEqual(names)
}, 60_000)
