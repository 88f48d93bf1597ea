import type { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

/**
 * Names that can be rung, heard by every process that listens. A ring says "look again" and carries nothing: one that is
 * lost with a connection is made good by ringing every listener when the connection is back.
 */
export type Doorbells = {
  ring(name: string): Promise<void>
  /** Resolves when rings from now on are heard; the answer stops listening. */
  listen(name: string, onRing: () => void): Promise<() => void>
  close(): Promise<void>
}

/** The Postgres channel; the payload is the name. */
export const doorbellChannel = 'davylamp_doorbell'

const reconnectMs = [50, 250, 1000]

/** On Postgres: one LISTEN connection a process, fanned out here. */
export function openPostgresDoorbells({
  sql,
  connectionString,
  log,
}: {
  sql: Postgres['sql']
  connectionString: string
  log: Logger
}): Doorbells {
  const listeners = fanOut()
  let client: pg.Client | undefined
  let ready: Promise<void> | undefined
  let closed = false

  async function connect(tries = 0): Promise<void> {
    const next = new pg.Client({ connectionString, keepAlive: true, connectionTimeoutMillis: 5000 })
    const lost = (error?: Error) => {
      if (client !== next || closed) return
      client = undefined
      log.warn('the listening connection to Postgres was lost; connecting again', { cause: error?.message })
      ready = connect()
    }
    next.on('error', lost)
    next.on('end', () => lost())
    next.on('notification', ({ payload }) => payload && listeners.ring(payload))
    try {
      await next.connect()
      await next.query(`listen ${doorbellChannel}`)
    } catch (error) {
      await next.end().catch(() => {})
      if (closed) throw error
      await pause(reconnectMs[Math.min(tries, reconnectMs.length - 1)])
      return connect(tries + 1)
    }
    client = next
    if (closed) return next.end()
    listeners.ringAll()
  }

  return {
    async ring(name) {
      await sql`select pg_notify(${doorbellChannel}, ${name})`
    },
    async listen(name, onRing) {
      const stop = listeners.add(name, onRing)
      ready ??= connect()
      await ready
      return stop
    },
    async close() {
      closed = true
      await client?.end()
    },
  }
}

/** On Redis: pub/sub, a channel a name, so that a process hears only what it listens for. */
export function openRedisDoorbells({ redis, log }: { redis: Redis; log: Logger }): Doorbells {
  const listeners = fanOut()
  const subscriber = redis.duplicate({ maxRetriesPerRequest: null })
  subscriber.on('error', error => log.warn('the listening connection to Redis failed', { cause: error.message }))
  subscriber.on('message', (_, name: string) => listeners.ring(name))
  subscriber.on('ready', () => listeners.ringAll())
  return {
    async ring(name) {
      await redis.publish(channelOf(name), name)
    },
    async listen(name, onRing) {
      const stop = listeners.add(name, onRing)
      await subscriber.subscribe(channelOf(name))
      return () => {
        stop()
        if (!listeners.has(name)) subscriber.unsubscribe(channelOf(name)).catch(() => {})
      }
    },
    async close() {
      subscriber.disconnect()
    },
  }
}

export const channelOf = (name: string) => `davylamp:bell:${name}`

function fanOut() {
  const byName = new Map<string, Set<() => void>>()
  const ring = (name: string) => {
    for (const onRing of byName.get(name) ?? []) onRing()
  }
  return {
    ring,
    ringAll: () => {
      for (const name of byName.keys()) ring(name)
    },
    has: (name: string) => byName.has(name),
    add(name: string, onRing: () => void) {
      const listener = () => onRing()
      byName.set(name, (byName.get(name) ?? new Set()).add(listener))
      return () => {
        const set = byName.get(name)
        set?.delete(listener)
        if (set?.size === 0) byName.delete(name)
      }
    },
  }
}

const pause = (ms = 0) => new Promise(resolve => setTimeout(resolve, ms))
