import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inRounds } from '../../../ingest/rounds.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function startRounds() {
  const startMs = Date.now()
  const begun: number[] = []
  const rounds = inRounds(async () => void begun.push(Date.now() - startMs), { everyMs: 180_000, settleMs: 15_000 })
  return { begun, rounds, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

it('works at once, when what was under way has settled, and then every so often', async () => {
  const { begun, pass } = startRounds()
  await pass(400_000)
  expect(begun).toEqual([0, 20_000, 200_000, 380_000])
})

it('works soon when it is asked to, and again until it has seen all that happened', async () => {
  const { begun, rounds, pass } = startRounds()
  await pass(50_000)
  // What comes one after the other for half a minute does not put it off.
  for (let second = 0; second < 30; second++) {
    rounds.soon()
    await pass(1_000)
  }
  await pass(400_000)
  expect(begun).toEqual([0, 20_000, 70_000, 90_000, 110_000, 290_000, 470_000])
})

it('leaves a round that comes sooner as it is', async () => {
  const { begun, rounds, pass } = startRounds()
  await pass(195_000)
  rounds.soon()
  await pass(30_000)
  expect(begun).toEqual([0, 20_000, 200_000, 220_000])
})

it('begins no round after its stop, and lets one under way end', async () => {
  let ended = false
  const rounds = inRounds(
    async () => {
      await new Promise(resolve => setTimeout(resolve, 1_000))
      ended = true
    },
    { everyMs: 2_000, settleMs: 0 },
  )
  const stopped = rounds.stop()
  rounds.soon()
  await vi.advanceTimersByTimeAsync(1_000)
  await stopped
  expect(ended).toBe(true)
  ended = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ended).toBe(false)
})
