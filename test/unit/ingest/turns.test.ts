import { expect, it } from 'vitest'
import { turn } from '../../../ingest/turns.ts'

it('pieces of work that arrive together go one in each turn of the event loop', async () => {
  let turns = 0
  let counting = true
  const count = () => {
    turns += 1
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  const seen = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await turn()
      return turns
    }),
  )
  counting = false
  expect(new Set(seen).size).toBe(20)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

it('a turn comes again after all had theirs', async () => {
  await turn()
  await turn()
  expect(
    await Promise.race([turn().then(() => 'came'), new Promise(resolve => setTimeout(resolve, 1_000, 'late'))]),
  ).toBe('came')
})
