/**
 * So many pieces of work at a time; the others wait in the order they came. `take` resolves with what gives the slot
 * back, which may be called more than once.
 */
export function slots(count: number): { take(): Promise<() => void> } {
  const waiting: (() => void)[] = []
  let free = count
  const giveBack = () => {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }
  return {
    async take() {
      if (free > 0) free -= 1
      else await new Promise<void>(resolve => waiting.push(resolve))
      let held = true
      return () => {
        if (held) giveBack()
        held = false
      }
    },
  }
}
