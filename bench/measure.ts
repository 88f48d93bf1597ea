import { monitorEventLoopDelay } from 'node:perf_hooks'
import { cpuSeconds } from './processes.ts'

export type Measured = {
  spans: number
  seconds: number
  /** CPU seconds of this process and of the stores. */
  own: number
  store: number
  /** Milliseconds that the event loop of this process was late: the 99th percentile and the most. */
  loopP99: number
  loopMax: number
}

/** Measures what work on so many spans costs, which it tells at its end. */
export async function measure<T extends { spans: number }>(
  work: () => Promise<T>,
  without: readonly number[] = [],
): Promise<Measured & T> {
  const loop = monitorEventLoopDelay({ resolution: 5 })
  loop.enable()
  const before = cpuSeconds(without)
  const began = performance.now()
  const done = await work()
  const seconds = (performance.now() - began) / 1000
  const after = cpuSeconds(without)
  loop.disable()
  return {
    seconds,
    own: after.own - before.own,
    store: after.store - before.store,
    loopP99: loop.percentile(99) / 1e6,
    loopMax: loop.max / 1e6,
    ...done,
  }
}

/** Repeats work on so many spans at a time until the time is up. */
export function repeat(seconds: number, work: (round: number) => Promise<number> | number): Promise<Measured> {
  return measure(async () => {
    let spans = 0
    const began = performance.now()
    for (let round = 0; performance.now() - began < seconds * 1000; round++) spans += await work(round)
    return { spans }
  })
}

/** The value below which so large a part of sorted ones lies. */
export const at = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
