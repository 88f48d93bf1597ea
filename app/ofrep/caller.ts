import type { Request } from 'express'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { type Caller, keyFrom } from '../../db/identity.ts'
import type { Services } from '../../db/services.ts'
import { Refusal } from './refusal.ts'

export type OfrepLimits = {
  /** Of one server key. */ perSecond: number /** Of one address with a client key. */
  perAddress: number
}

/** A key that was good keeps being so for this long while the database cannot be asked. */
const trustedMs = 3_600_000
const mostTrusted = 10_000

/**
 * Tells who calls, by API key, and refuses those who call too often: a whole caller, never a single flag. A client key
 * stands in pages, so there each address is a caller of its own.
 */
export function openCallers({ identity, log }: Services, limits: OfrepLimits) {
  const servers = new RateLimiterMemory({ points: limits.perSecond, duration: 1 })
  const clients = new RateLimiterMemory({ points: limits.perAddress, duration: 1 })
  const trusted = new Map<string, { caller: Caller; until: number }>()

  async function identify(req: Request): Promise<Caller> {
    const key = keyFrom(req)
    const found = await identity.byKey(req, { clients: true }).catch(error => {
      const known = trusted.get(key)
      if (!known || known.until < Date.now()) throw error
      log.debug('a key is taken for good as long as the database cannot be asked', { error })
      return known.caller
    })
    if (found === 'missing') throw new Refusal(401, 'send an API key: Authorization: Bearer dlk_..., or X-API-Key')
    if (found === 'invalid') throw new Refusal(401, 'the API key is not valid: it is unknown or was revoked')
    if (trusted.size >= mostTrusted) trusted.clear()
    trusted.set(key, { caller: found, until: Date.now() + trustedMs })
    return found
  }

  return async (req: Request): Promise<Caller> => {
    const caller = await identify(req)
    const isClient = caller.audience === 'client'
    const who = isClient ? `${caller.keyId} ${req.ip}` : (caller.keyId ?? caller.projectId)
    await (isClient ? clients : servers).consume(who).catch(spent => {
      const retryAfterS = Math.max(1, Math.ceil((spent.msBeforeNext ?? 1000) / 1000))
      throw new Refusal(429, `too many requests: try again in ${retryAfterS} s`, { retryAfterS })
    })
    return caller
  }
}
