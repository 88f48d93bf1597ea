import { describe, expect, it } from 'vitest'
import { Gather, type GatherLimits } from '../../../ingest/gather.ts'

const limits: GatherLimits<string> = { inFlight: 1, burst: 100, paceMs: 1, fits: items => items.length < 4 }
const pause = () => new Promise(resolve => setTimeout(resolve, 20))

function gathered(given: Partial<GatherLimits<string>> = {}, fails = (_items: readonly string[]) => false) {
  const calls: string[][] = []
  const gather = new Gather<string, number>(
    async items => {
      calls.push([...items])
      await pause()
      if (fails(items)) throw new Error('no')
      return calls.length
    },
    { ...limits, ...given },
  )
  return { calls, gather }
}

describe('items that come one at a time', () => {
  it('go at once; what comes meanwhile goes together with the next call', async () => {
    const { calls, gather } = gathered()
    const answers = await Promise.all(['a', 'b', 'c'].map(item => gather.add(item)))
    expect(calls).toEqual([['a'], ['b', 'c']])
    expect(answers).toEqual([1, 2, 2])
  })

  it('are as many in a call as fit, in the order they came', async () => {
    const { calls, gather } = gathered()
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(item => gather.add(item)))
    expect(calls).toEqual([['a'], ['b', 'c', 'd', 'e'], ['f']])
  })

  it('go even when one alone is too large', async () => {
    const { calls, gather } = gathered({ fits: () => false })
    await Promise.all(['a', 'b'].map(item => gather.add(item)))
    expect(calls).toEqual([['a'], ['b']])
  })

  it('beyond a burst wait for each other', async () => {
    const { calls, gather } = gathered({ inFlight: 9, burst: 2, paceMs: 50 })
    await Promise.all(['a', 'b', 'c', 'd'].map(item => gather.add(item)))
    expect(calls).toEqual([['a'], ['b'], ['c', 'd']])
  })
})

it('a call that fails fails those that went with it, and no other', async () => {
  const { gather } = gathered({}, items => items.includes('c'))
  const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map(item => gather.add(item)))
  expect(results.map(({ status }) => status[0])).toEqual(['f', 'r', 'r', 'r', 'r', 'f'])
})

it('draining is done when nothing waits and nothing runs', async () => {
  const { calls, gather } = gathered()
  const added = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(item => gather.add(item)))
  await gather.drain()
  expect(calls.flat()).toHaveLength(6)
  expect(await Promise.race([added, Promise.resolve('open')])).not.toBe('open')
  await gather.drain()
})
