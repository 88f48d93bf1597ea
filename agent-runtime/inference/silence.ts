import { SilenceError } from './retry.ts'

type Times = { firstMs: number; idleMs: number; signal?: AbortSignal; halt: AbortController }

/**
 * Passes a stream on, and throws SilenceError when it does not begin within `firstMs` or pauses for `idleMs`; `halt` then
 * ends the request below. An abort of `signal` is thrown at once, also where the stream does not heed it.
 */
export async function* withinSilence<T>(open: () => Promise<AsyncIterable<T>>, times: Times): AsyncGenerator<T> {
  const { firstMs, idleMs, signal, halt } = times
  let taken = 0
  const wait = <V>(work: Promise<V>) =>
    race(work, taken === 0 ? firstMs : idleMs, () => silence(taken, taken === 0 ? firstMs : idleMs), signal)
  try {
    const iterator = (await wait(open()))[Symbol.asyncIterator]()
    for (let next = await wait(iterator.next()); !next.done; next = await wait(iterator.next())) {
      taken++
      yield next.value
    }
  } finally {
    halt.abort()
  }
}

const silence = (taken: number, ms: number) =>
  new SilenceError(
    taken === 0
      ? `it did not begin to answer within ${ms} ms`
      : `it fell silent for ${ms} ms after ${taken} parts of its answer`,
  )

function race<V>(work: Promise<V>, ms: number, late: () => Error, signal?: AbortSignal): Promise<V> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    const timer = setTimeout(() => reject(late()), ms)
    const stop = () => reject(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    work.then(resolve, reject).finally(settle)
  })
}
