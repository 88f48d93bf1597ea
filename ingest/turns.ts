const waiting: (() => void)[] = []

/**
 * Resolves in a turn of the event loop that no other piece of work has: the work of many requests that arrive together
 * goes piece by piece, and whatever else there is to do has its turn between.
 */
export function turn(): Promise<void> {
  return new Promise(resolve => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(next)
  })
}

/** Goes on with work that stops now and then in `turn`s; resolves with what it returns. */
export async function inTurns<Result>(work: Generator<void, Result>): Promise<Result> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value
    await turn()
  }
}

function next() {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(next)
}
