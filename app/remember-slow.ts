const mostKept = 1_000

/**
 * Gives what a work gave before when that took long, for a while: a page that asks every few seconds then asks for it
 * once in that while, and what is quick is always new. So is nothing, an empty list: who waits for the first to come must
 * see it come.
 */
export function rememberSlow<T>({ slowMs, keepMs }: { slowMs: number; keepMs: number }) {
  const kept = new Map<string, { result: T; until: number }>()
  return async (key: string, work: () => Promise<T>): Promise<T> => {
    const known = kept.get(key)
    if (known && known.until > Date.now()) return known.result
    const began = performance.now()
    const result = await work()
    kept.delete(key)
    if (performance.now() - began < slowMs || isNothing(result)) return result
    if (kept.size >= mostKept) kept.clear()
    kept.set(key, { result, until: Date.now() + keepMs })
    return result
  }
}

const isNothing = (result: unknown) => Array.isArray(result) && result.length === 0
