import { expect, it } from 'vitest'
import { SilenceError } from '../../../agent-runtime/inference/retry.ts'
import { withinSilence } from '../../../agent-runtime/inference/silence.ts'

const never = new Promise<never>(() => {})
async function* speaking(...parts: (string | Promise<never>)[]) {
  for (const part of parts) yield await part
}

async function listen(parts: (string | Promise<never>)[], signal?: AbortSignal) {
  const halt = new AbortController()
  const heard: string[] = []
  const listening = (async () => {
    for await (const part of withinSilence(async () => speaking(...parts), { firstMs: 30, idleMs: 60, signal, halt }))
      heard.push(part)
  })()
  const error = await listening.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return { heard, error, halted: halt.signal.aborted }
}

it('passes a stream on', async () => {
  expect(await listen(['a', 'b'])).toMatchObject({ heard: ['a', 'b'], error: undefined })
})
it('says that nothing began, and ends the request', async () => {
  const { error, halted } = await listen([never])
  expect(error).toEqual(new SilenceError('it did not begin to answer within 30 ms'))
  expect(halted).toBe(true)
})
it('says after how much it fell silent', async () => {
  const { heard, error } = await listen(['a', 'b', never])
  expect(heard).toEqual(['a', 'b'])
  expect(error).toEqual(new SilenceError('it fell silent for 60 ms after 2 parts of its answer'))
})
it('heeds an abort at once where the stream does not', async () => {
  const stop = new AbortController()
  const listening = listen(['a', never], stop.signal)
  stop.abort(new Error('cancelled'))
  expect((await listening).error).toEqual(new Error('cancelled'))
})
