import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../db/config.ts'
import { createLogger } from '../db/log.ts'
import { openServices, type Services } from '../db/services.ts'

/** Runs work on embedded stores of its own, in a temporary folder that is removed afterwards. */
export async function withStores(work: (services: Services) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-bench-'))
  const config = loadConfig({ DATA_DIR: join(folder, 'data'), PORT: '0', OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: '0' })
  const services = await openServices(config, createLogger('warn'))
  try {
    await work(services)
  } finally {
    await services.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** CPU seconds of this process and of its children (the stores) so far; children only where there is /proc. */
export function cpuSeconds(): { own: number; stores: number } {
  const { user, system } = process.cpuUsage()
  return { own: (user + system) / 1e6, stores: childTicks() / 100 }
}

function childTicks(): number {
  try {
    const stats = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(readStat)
    const children = groupByParent(stats)
    const ticksBelow = (pid: number): number =>
      (children.get(pid) ?? []).reduce((sum, child) => sum + child.ticks + ticksBelow(child.pid), 0)
    return ticksBelow(process.pid)
  } catch {
    return 0
  }
}

type Stat = { pid: number; parent: number; ticks: number }

function readStat(pid: string): Stat[] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number)
    return [{ pid: Number(pid), parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) }]
  } catch {
    return []
  }
}

function groupByParent(stats: Stat[]): Map<number, Stat[]> {
  const groups = new Map<number, Stat[]>()
  for (const stat of stats) groups.set(stat.parent, [...(groups.get(stat.parent) ?? []), stat])
  return groups
}
