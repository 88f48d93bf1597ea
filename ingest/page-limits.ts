import ipaddr from 'ipaddr.js'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { ClickHouse } from '../db/clickhouse.ts'
import { countSignals } from '../db/signals.ts'
import { ApiError } from './api-error.ts'
import type { SignalCaller } from './signal-caller.ts'

/** A page's ids begin so: whatever ids it makes up, it replaces nothing that a server or a person in the dashboard said. */
export const pageIdPrefix = 'page:'
const seconds = 10
/** Of one process. A token is one person at one answer; behind one address may be a whole office. */
const perToken = 60
const perAddress = 500
const mostAtATime = 100
/** What pages may keep on one trace, corrections not counted. */
const mostPerTrace = 200

type Visit = { caller: SignalCaller; address: string | undefined; count: number }

/**
 * What stands in a page is in everybody's hands, so pages are held back: each token, and each address that sends by a
 * client key. The answer resolves when `count` more signals may come; else it throws 413, or 429 with `retryAfterS`.
 */
export function openPageLimits() {
  const tokens = new RateLimiterMemory({ points: perToken, duration: seconds })
  const addresses = new RateLimiterMemory({ points: perAddress, duration: seconds })
  return async ({ caller, address, count }: Visit): Promise<void> => {
    if (count > mostAtATime) throw new ApiError(413, 'too_many', `A page may send ${mostAtATime} signals at a time.`)
    const spent = caller.traceId
      ? tokens.consume(`${caller.projectId} ${caller.traceId}`, count)
      : addresses.consume(`${caller.keyId} ${networkOf(address)}`, count)
    await spent.catch(({ msBeforeNext = 1_000 }) => {
      const retryAfterS = Math.max(1, Math.ceil(msBeforeNext / 1_000))
      throw new ApiError(429, 'too_often', 'Feedback came too often from this page.', { retryAfterS })
    })
  }
}

/** An IPv6 host has a whole network of addresses to itself. */
function networkOf(address = ''): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6' ? parsed.toByteArray().slice(0, 8).join('.') : parsed.toString()
}

/** Throws when pages would keep too much on one of these traces. `fresh` are signals that replace none. */
export async function refuseCrowds(
  clickhouse: ClickHouse,
  { projectId, fresh }: { projectId: string; fresh: readonly { traceId: string }[] },
): Promise<void> {
  if (fresh.length === 0) return
  const traceIds = [...new Set(fresh.map(({ traceId }) => traceId))]
  const kept = await countSignals(clickhouse, { projectId, traceIds, idPrefix: pageIdPrefix })
  for (const { traceId } of fresh) {
    const count = (kept.get(traceId) ?? 0) + 1
    kept.set(traceId, count)
    if (count > mostPerTrace)
      throw new ApiError(
        403,
        'too_many',
        `This trace has ${mostPerTrace} signals from pages: it takes no more of them.`,
      )
  }
}
