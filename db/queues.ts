import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { z } from 'zod'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import type { Postgres } from './postgres.ts'

/** The queues and what a job of each carries. */
export const queuePayloads = {
  runs: z.object({ runId: z.string(), projectId: z.string(), attempt: z.number().int() }),
}
export type QueueName = keyof typeof queuePayloads
export type Payload<N extends QueueName> = z.infer<(typeof queuePayloads)[N]>

export type Queues = {
  /** Adds a job; one with the same id that is waiting or at work is left as it is. */
  add<N extends QueueName>(name: N, id: string, payload: Payload<N>): Promise<void>
  /** Takes a job back that no worker has begun. */
  remove(name: QueueName, id: string): Promise<void>
  /** Jobs waiting for a worker. */
  waiting(name: QueueName): Promise<number>
  /**
   * Works on jobs, `concurrency` at a time. `signal` aborts when the job's lock is lost: another worker may then have it.
   * A job is gone when `work` ends, however it ends: the caller's own rows say whether there is more to do.
   */
  work<N extends QueueName>(
    name: N,
    concurrency: number,
    work: (payload: Payload<N>, signal: AbortSignal) => Promise<void>,
  ): QueueWorker
  close(): Promise<void>
}
export type QueueWorker = { ready(): Promise<void>; pause(): Promise<void>; close(): Promise<void> }

// One shape for both back ends: the part of BullMQ that we use does not differ.
type Classes = {
  makeQueue(name: string): Queue
  makeWorker(name: string, process: (job: { id?: string; data: unknown }) => Promise<void>, concurrency: number): Worker
  close(): Promise<void>
}

/** Opens the queues on Redis when REDIS_URL is set, else on Postgres, in the schema `bullmq`. */
export async function openQueues({
  config,
  postgres,
  log,
}: {
  config: Pick<Config, 'redisUrl'>
  postgres: Pick<Postgres, 'pool'>
  log: Logger
}): Promise<Queues> {
  const classes = config.redisUrl ? onRedis(config.redisUrl, log) : await onPostgres(postgres, log)
  const queues = new Map<string, Queue>()
  const queue = (name: QueueName) => {
    const known = queues.get(name)
    if (known) return known
    const made = classes.makeQueue(name)
    made.on('error', error => log.warn(`the queue ${name} failed`, { cause: error.message }))
    queues.set(name, made)
    return made
  }
  return {
    async add(name, id, payload) {
      await queue(name).add(name, payload, { jobId: id, removeOnComplete: true, removeOnFail: true })
    },
    async remove(name, id) {
      await queue(name).remove(id)
    },
    waiting: name => queue(name).getWaitingCount(),
    work(name, concurrency, work) {
      const holds = new Map<string, AbortController>()
      const worker = classes.makeWorker(
        name,
        async job => {
          const hold = new AbortController()
          const id = job.id ?? ''
          holds.set(id, hold)
          try {
            await work(queuePayloads[name].parse(job.data) as Payload<typeof name>, hold.signal)
          } finally {
            if (holds.get(id) === hold) holds.delete(id)
          }
        },
        concurrency,
      )
      worker.on('lockRenewalFailed', ids => {
        for (const id of ids) holds.get(id)?.abort(new Error('the queue gave this job to another worker'))
      })
      worker.on('error', error => log.warn(`the worker of queue ${name} failed`, { cause: error.message }))
      worker.on('failed', (job, error) => log.error(`a job of queue ${name} failed`, { job: job?.id, error }))
      return {
        ready: async () => void (await worker.waitUntilReady()),
        pause: () => worker.pause(true),
        close: () => worker.close(),
      }
    },
    async close() {
      await Promise.allSettled([...queues.values()].map(open => open.close()))
      await classes.close()
    },
  }
}

const keep = { removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } }

function onRedis(url: string, log: Logger): Classes {
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', error => log.warn('the queue lost its connection to Redis', { cause: error.message }))
  return {
    makeQueue: name => new Queue(name, { connection: redis, prefix: 'davylamp' }),
    makeWorker: (name, process, concurrency) =>
      new Worker(name, process, { connection: redis, prefix: 'davylamp', concurrency, ...keep }),
    close: async () => redis.disconnect(),
  }
}

async function onPostgres(postgres: Pick<Postgres, 'pool'>, log: Logger): Promise<Classes> {
  const { connectionString } = postgres.pool.options
  // BullMQ's statements name no schema: the search path of its own pool does.
  const pool = new pg.Pool({ connectionString, max: 6, keepAlive: true, options: '-c search_path=bullmq' })
  pool.on('error', error => log.warn('the queue lost a connection to Postgres', { cause: error.message }))
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release()
  }
  const Backend = withBackend(createPostgresBackend)
  return {
    makeQueue: name => new Backend.Queue(name, { connection: pool }) as unknown as Queue,
    makeWorker: (name, process, concurrency) =>
      new Backend.Worker(name, process, { connection: pool, concurrency, ...keep }) as unknown as Worker,
    close: () => pool.end(),
  }
}
