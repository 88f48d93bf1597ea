import { Redis } from 'ioredis'
import type { ClickHouse } from './clickhouse.ts'
import type { Config } from './config.ts'
import type { NewRunEvent, RunEvent } from './domain/run.ts'
import { type Doorbells, openPostgresDoorbells, openRedisDoorbells } from './doorbells.ts'
import { readArchive, writeArchive } from './event-archive.ts'
import { type Delivery, eventsBell, type Head, type LiveLog, type RunWriter } from './event-log.ts'
import { openPostgresLog } from './event-log-postgres.ts'
import { openRedisLog } from './event-log-redis.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

export type RunRef = { runId: string; projectId: string }

/**
 * The event log of runs: seq is dense, 1..n for each run. It lives on Redis or Postgres while a run is open and for an
 * hour after, then in ClickHouse for as long as traces are kept; readers do not see the difference.
 */
export type RunEventLog = {
  /**
   * Writes events in order and rings the run's doorbell. Raises the fence to the writer's attempt. Throws FencedError
   * when a higher attempt has written, or the terminal event is there. Only the last event may be terminal. With a
   * `delivery`, events that are there already are answered as they are.
   */
  append(writer: RunWriter, events: NewRunEvent[], delivery?: Delivery): Promise<RunEvent[]>
  /** Writes a run's first event, unless it has one: of several who do it at one time one does. Answers whether it did. */
  begin(writer: RunWriter, event: NewRunEvent): Promise<boolean>
  /** Events after a seq, in order, at most `limit`. */
  read(run: RunRef, afterSeq: number, limit: number): Promise<RunEvent[]>
  /** The last seq and whether the terminal event is there; undefined for a run without events. */
  head(run: RunRef): Promise<Head | undefined>
  /** Subscribe first, then read: then nothing is missed. Resolves when the doorbell is heard; the answer unsubscribes. */
  subscribe(runId: string, onDoorbell: () => void): Promise<() => void>
  /** Copies an ended run to ClickHouse; the live log then ends within hours. Safe to repeat. */
  archive(run: RunRef): Promise<void>
  /** Drops live logs that were archived; answers how many it found. */
  trim(runIds: string[]): Promise<number>
  /** Tells the worker that holds the run to look at its row: cancel was asked for, or an attempt took over. */
  nudge(runId: string): Promise<void>
  onNudge(runId: string, look: () => void): Promise<() => void>
  close(): Promise<void>
}

const pageSize = 1000

/** Opens the log on Redis when REDIS_URL is set, else on Postgres. */
export async function openRunEvents({
  config,
  postgres,
  clickhouse,
  log,
  bells: shared,
}: {
  config: Pick<Config, 'redisUrl'>
  postgres: Pick<Postgres, 'sql' | 'pool'>
  clickhouse: ClickHouse
  log: Logger
  /** Doorbells on Postgres that the process has already; whoever opened them closes them. */
  bells?: Doorbells
}): Promise<RunEventLog> {
  const { live, bells, close } = config.redisUrl ? onRedis(config.redisUrl, log) : onPostgres(postgres, log, shared)

  async function read(run: RunRef, afterSeq: number, limit: number) {
    const events = await live.read(run.runId, afterSeq, limit)
    if (events.length > 0 || (await live.head(run.runId))) return events
    return readArchive(clickhouse, run, afterSeq, limit)
  }

  return {
    append: live.append,
    begin: live.begin,
    read,
    async head(run) {
      const head = await live.head(run.runId)
      if (head) return head
      const [last] = await readArchive(clickhouse, run, 0, 1, 'desc')
      return last && { seq: last.seq, ended: true }
    },
    subscribe: (runId, onDoorbell) => bells.listen(eventsBell(runId), onDoorbell),
    async archive(run) {
      for (let after = 0, page: RunEvent[] = []; ; after = page.at(-1)?.seq ?? after) {
        page = await live.read(run.runId, after, pageSize)
        if (page.length > 0) await writeArchive(clickhouse, run, page)
        if (page.length < pageSize) break
      }
      await live.expire(run.runId)
    },
    trim: live.trim,
    nudge: runId => bells.ring(nudgeBell(runId)),
    onNudge: (runId, look) => bells.listen(nudgeBell(runId), look),
    close,
  }
}

type Opened = { live: LiveLog; bells: Doorbells; close(): Promise<void> }

function onPostgres(postgres: Pick<Postgres, 'sql' | 'pool'>, log: Logger, shared?: Doorbells): Opened {
  const bells = shared ?? openBells(postgres, log)
  return { live: openPostgresLog(postgres), bells, close: shared ? async () => {} : bells.close }
}

/** Doorbells on the connections that the process has to Postgres, and one more to listen. */
export function openBells(postgres: Pick<Postgres, 'sql' | 'pool'>, log: Logger): Doorbells {
  const { connectionString = '' } = postgres.pool.options
  return openPostgresDoorbells({ sql: postgres.sql, connectionString, log })
}

function onRedis(url: string, log: Logger): Opened {
  const redis = new Redis(url)
  redis.on('error', error => log.warn('the connection to Redis failed', { cause: error.message }))
  const bells = openRedisDoorbells({ redis, log })
  const close = async () => {
    await bells.close()
    redis.disconnect()
  }
  return { live: openRedisLog(redis), bells, close }
}

const nudgeBell = (runId: string) => `nudge:${runId}`
