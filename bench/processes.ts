import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** What a process and those below it used so far. */
export type Usage = { own: number; store: number }

/**
 * CPU seconds of this process and of its children, the stores, but for those in `without`; children only where there is
 * /proc.
 */
export function cpuSeconds(without: readonly number[] = []): Usage {
  const { user, system } = process.cpuUsage()
  const ticks = children().filter(({ pid }) => !without.includes(pid))
  return { own: (user + system) / 1e6, store: ticks.reduce((sum, child) => sum + child.ticks, 0) / ticksPerSecond }
}

const ticksPerSecond = 100

/** The most memory that this process and the embedded ClickHouse held resident, in bytes. */
export function peakMemory(): Usage {
  const store = children().find(({ pid }) => commandOf(pid).includes('clickhouse-server.ts'))
  return { own: peakOf('self'), store: store ? peakOf(String(store.pid)) : 0 }
}

function peakOf(pid: string): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

const commandOf = (pid: number) => read(`/proc/${pid}/cmdline`)

type Stat = { pid: number; parent: number; ticks: number }

/** All processes below this one. */
function children(): Stat[] {
  if (!existsSync('/proc/self/stat')) return []
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const byParent = Map.groupBy(pids.flatMap(statOf), ({ parent }) => parent)
  const below = (pid: number): Stat[] => (byParent.get(pid) ?? []).flatMap(child => [child, ...below(child.pid)])
  return below(process.pid)
}

function statOf(pid: string): Stat[] {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number)
  return fields.length < 13
    ? []
    : [{ pid: Number(pid), parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) }]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
