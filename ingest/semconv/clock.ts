const second = 1_000_000_000n
const day = 86_400n * second
/** 2000-01-01: no client measured a model call before. */
const earliest = 946_684_800n * second

const none: readonly string[] = []

/**
 * Mends times that cannot be: a start before 2000 or more than 24 h ahead becomes the time of arrival (the duration is
 * kept where it is one), an end before its start becomes the start. `flags` tell what was mended.
 */
export function mendClock(times: { startNs: bigint; endNs: bigint; receivedNs: bigint }) {
  const latest = times.receivedNs + day
  let { startNs, endNs } = times
  if (endNs >= startNs && startNs >= earliest && endNs <= latest) return { startNs, endNs, flags: none }
  const flags: string[] = []
  if (endNs < startNs) {
    flags.push('end_before_start')
    endNs = startNs
  }
  if (startNs < earliest || startNs > latest) {
    flags.push(startNs < earliest ? 'past_start' : 'future_start')
    endNs = times.receivedNs + (endNs - startNs)
    startNs = times.receivedNs
  }
  if (endNs > latest) {
    flags.push('future_end')
    endNs = later(startNs, times.receivedNs)
  }
  return { startNs, endNs, flags }
}

const later = (a: bigint, b: bigint) => (a < b ? b : a)
