import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './product.ts'

export type TestRedis = { url: string; pid: number; stop(): Promise<void> }

/** Starts a redis-server of its own on a free port. Throws a sentence when there is none to start. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'davylamp-redis-'))
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir]
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', () =>
      reject(new Error('redis-server is not installed: install it (apt-get install redis-server)')),
    )
  })
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 100, retryStrategy: () => 50 })
  redis.on('error', () => {})
  await redis.ping()
  redis.disconnect()
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? -1, stop: () => stop(child, dir) }
}

async function stop(child: ChildProcess, dir: string) {
  if (child.exitCode === null) {
    child.kill('SIGKILL')
    await new Promise(resolve => child.once('exit', resolve))
  }
  rmSync(dir, { recursive: true, force: true })
}
