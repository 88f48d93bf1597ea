import type { HeldFlags } from './flag-held.ts'

const longestTimer = 3_600_000

/** Calls `onTurn` with the projects whose flags begin or end to decide by themselves, when they do. */
export function followTurns(onTurn: (projects: ReadonlySet<string>) => void) {
  let timer: NodeJS.Timeout | undefined
  function plan(held: HeldFlags) {
    clearTimeout(timer)
    const next = held.nextTurn(new Date())
    if (!next) return
    const wait = Math.max(0, next.at - Date.now()) + 1
    const turn = () => {
      if (wait <= longestTimer) onTurn(next.projects)
      plan(held)
    }
    timer = setTimeout(turn, Math.min(wait, longestTimer)).unref()
  }
  return { plan, stop: () => clearTimeout(timer) }
}
