type Times = {
  /** Between rounds, when nothing is known to be amiss. */
  everyMs: number
  /** What happened shorter ago than this is not seen by a round that begins now. */
  settleMs: number
}

export type Rounds = ReturnType<typeof inRounds>

/** Works now, once more when what was under way has settled, then every so often, and sooner where that is asked for. */
export function inRounds(work: (signal: AbortSignal) => Promise<void>, { everyMs, settleMs }: Times) {
  const stopping = new AbortController()
  const soonMs = settleMs + 5_000
  let timer: NodeJS.Timeout | undefined
  let seenFromMs = Date.now() + settleMs
  let nextMs: number | undefined

  async function round() {
    const beganMs = Date.now()
    nextMs = undefined
    await work(stopping.signal)
    if (!stopping.signal.aborted) wait(beganMs < seenFromMs ? soonMs : everyMs)
  }

  function wait(ms: number) {
    clearTimeout(timer)
    nextMs = Date.now() + ms
    timer = setTimeout(() => {
      running = round()
    }, ms).unref()
  }

  let running = round()
  return {
    /** Says that something just happened which a round should see as soon as it has settled. */
    soon() {
      seenFromMs = Date.now() + settleMs
      if (nextMs !== undefined && nextMs > Date.now() + soonMs && !stopping.signal.aborted) wait(soonMs)
    },
    /** Lets a piece of work under way end, and begins no other. */
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
