import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { compileCache } from '../setup/product.ts'
import type { RuntimeEnv } from './runtime.ts'

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL')
})

/** Starts a worker process and waits until it works. */
export async function startWorker(env: RuntimeEnv): Promise<ChildProcess> {
  const file = join(import.meta.dirname, 'worker-process.ts')
  const given: Record<string, string> = { PATH: process.env.PATH ?? '', ...compileCache, ...env }
  const child = spawn(process.execPath, [file], {
    env: given as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`the worker ended with ${code}`)))
  })
  return child
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  child.kill(signal)
  return ended
}
