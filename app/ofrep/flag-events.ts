import type { Request, Response } from 'express'
import { isLiveKey } from '../../db/api-keys.ts'
import { concerns } from '../../db/flag-held.ts'
import { openSeats, type SeatLimits } from '../../db/seats.ts'
import type { Services } from '../../db/services.ts'
import { readStreamToken, type StreamGrant } from '../../db/stream-token.ts'
import { Refusal } from './refusal.ts'

const heartbeatMs = 15_000
/** Who connects may have read the flags this long ago: a change since is told again. */
const recentMs = 30_000
/** A reader that has not taken so much is gone, or as good as. */
const mostUnread = 64 * 1024
/** Of one key at one address, behind which a whole office may sit, and of a process: a client key is in everybody's hands. */
const usualSeats: SeatLimits = { each: 1_000, all: 10_000 }

/**
 * Streams that flags have changed, as server-sent events for clients to read them again. The event's etag is the version
 * of the flags, which a client hands back so that it does not read older ones from another process.
 */
export function openFlagEvents(
  services: Pick<Services, 'flags' | 'postgres' | 'secret'>,
  limits: Partial<SeatLimits> = {},
) {
  const { flags, postgres, secret } = services
  const seats = openSeats({ ...usualSeats, ...limits })
  const listeners = new Map<string, Set<() => void>>()
  const changedAt = new Map<string, number>()

  flags.onChange(changed => {
    const now = Date.now()
    for (const [projectId, told] of listeners) {
      if (!concerns(changed, projectId)) continue
      for (const tell of told) tell()
    }
    for (const projectId of changed === 'all' ? ['all'] : changed) changedAt.set(projectId, now)
    for (const [projectId, at] of changedAt) if (now - at > recentMs) changedAt.delete(projectId)
    return 0
  })

  const isRecent = (projectId: string) =>
    ['all', projectId].some(key => Date.now() - (changedAt.get(key) ?? 0) < recentMs)

  function follow(projectId: string, tell: () => void) {
    const told = listeners.get(projectId) ?? new Set()
    listeners.set(projectId, told.add(tell))
    return () => {
      told.delete(tell)
      if (told.size === 0) listeners.delete(projectId)
    }
  }

  /** Asks once for all streams of a key that ask at about one time. */
  const asked = new Map<string, Promise<boolean>>()
  function isRevoked({ projectId, keyId }: StreamGrant): Promise<boolean> {
    const known = asked.get(keyId)
    if (known) return known
    // A database that cannot be asked says nothing about the key.
    const answer = isLiveKey(postgres, { projectId, id: keyId }).then(
      live => !live,
      () => false,
    )
    asked.set(keyId, answer)
    setTimeout(() => asked.delete(keyId), heartbeatMs / 2).unref()
    return answer
  }

  return async (req: Request, res: Response) => {
    const grant = readStreamToken(typeof req.query.token === 'string' ? req.query.token : '', secret)
    if (!grant) throw new Refusal(401, 'the address of the stream is not one that this server gave')
    if (!(await isLiveKey(postgres, { projectId: grant.projectId, id: grant.keyId })))
      throw new Refusal(401, 'the key that this stream was given to was revoked')
    // Who has left meanwhile is told of by no event any more.
    if (res.closed) return
    const leave = seats.take(`${grant.keyId} ${req.ip}`)
    if (!leave)
      throw new Refusal(429, 'too many streams are open: close some, or ask for the flags from time to time', {
        retryAfterS: 60,
      })
    const write = (text: string) => {
      res.write(text)
      if (res.writableLength > mostUnread) res.destroy()
    }
    const tell = () => {
      const { version } = flags
      write(`id: ${version}\ndata: ${JSON.stringify({ type: 'refetchEvaluation', etag: String(version) })}\n\n`)
    }
    res.status(200)
    res.setHeader('content-type', 'text/event-stream; charset=utf-8')
    res.setHeader('cache-control', 'no-cache, no-transform')
    res.setHeader('x-accel-buffering', 'no')
    res.flushHeaders()
    write('retry: 2000\n\n')
    const unfollow = follow(grant.projectId, tell)
    const seen = req.get('last-event-id')
    if (seen === undefined ? isRecent(grant.projectId) : seen !== String(flags.version)) tell()
    const beat = setInterval(async () => {
      write(': still here\n\n')
      // A client that comes again is told why.
      if (await isRevoked(grant)) res.end()
    }, heartbeatMs)
    res.on('close', () => {
      clearInterval(beat)
      unfollow()
      leave()
    })
  }
}
