export type SeatLimits = { /** Of one reader. */ each: number /** Of all. */; all: number }

/** Counts who is in: `take` gives what leaves again, or undefined where there is no room for this reader, or for anybody. */
export function openSeats({ each, all }: SeatLimits) {
  const taken = new Map<string, number>()
  let sum = 0
  return {
    take(who: string): (() => void) | undefined {
      const own = taken.get(who) ?? 0
      if (sum >= all || own >= each) return undefined
      taken.set(who, own + 1)
      sum += 1
      return () => {
        sum -= 1
        const left = (taken.get(who) ?? 1) - 1
        if (left > 0) taken.set(who, left)
        else taken.delete(who)
      }
    },
  }
}
