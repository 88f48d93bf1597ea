/** Does work that stops now and then without a pause; what it returns. */
export function finish<Result>(work: Generator<void, Result>): Result {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value
}
