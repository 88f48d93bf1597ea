import { setImmediate as soon } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { slots } from '../../ingest/slots.ts'

it('lets so many work at a time, and the others in the order they came', async () => {
  const { take } = slots(2)
  const began: string[] = []
  const work = async (name: string) => {
    const giveBack = await take()
    began.push(name)
    return giveBack
  }
  const a = await work('a')
  await work('b')
  const c = work('c')
  const d = work('d')
  await soon()
  expect(began).toEqual(['a', 'b'])
  a()
  a() // a slot that was given back is not given back again
  await c
  await soon()
  expect(began).toEqual(['a', 'b', 'c'])
  ;(await c)()
  await d
  expect(began).toEqual(['a', 'b', 'c', 'd'])
})
