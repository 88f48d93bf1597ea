import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const patienceMs = 2500

/** What the running server wrote into its folder: its process id, and whether it takes connections. */
export function readPostmaster(folder: string): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return undefined
  }
}

/** Stops a server that a killed instance of ours left behind on this folder; a reused process id is left alone. */
export async function stopOrphan(folder: string): Promise<boolean> {
  const found = readPostmaster(folder)
  if (!found || !commandLine(found.pid).includes(folder)) return false
  await stopPostmaster(found.pid)
  return true
}

/** Asks for a fast shutdown, then for an immediate one, from which the next start recovers. Throws if neither works. */
export async function stopPostmaster(pid: number) {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const until = Date.now() + patienceMs
    if (!isAlive(pid, signal)) return
    while (Date.now() < until) {
      await delay(20)
      if (!isAlive(pid)) return
    }
  }
  throw new Error(`PostgreSQL (pid ${pid}) does not stop: end it by hand, then start again`)
}

function isAlive(pid: number, signal: NodeJS.Signals | 0 = 0) {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    if (process.platform === 'linux') return ''
  }
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
