export type Rounds = { stop(): Promise<unknown> }

/**
 * Does a work at once and again every so often, one round at a time. A round that a lost connection left hanging must not
 * be the last: after `longestMs` the next one begins beside it, so rounds must be safe to take twice.
 */
export function startRounds(
  work: () => Promise<void>,
  { everyMs, longestMs, onError }: { everyMs: number; longestMs: number; onError: (error: unknown) => void },
): Rounds {
  let busy: Promise<void> | undefined
  let begunMs = 0
  const tick = () => {
    if (busy && Date.now() - begunMs < longestMs) return
    begunMs = Date.now()
    const round = work()
      .catch(onError)
      .finally(() => {
        if (busy === round) busy = undefined
      })
    busy = round
  }
  const timer = setInterval(tick, everyMs)
  tick()
  return {
    stop() {
      clearInterval(timer)
      return busy ?? Promise.resolve()
    },
  }
}
