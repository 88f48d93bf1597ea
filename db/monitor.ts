import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Logger } from './log.ts'

type Labels = Record<string, string>
/** Values under their labels, such as `[[{ status: 'queued' }, 3]]`. */
export type Figures = readonly (readonly [Labels, number])[]
type Metric = { name: string; help: string; labels?: readonly string[] }

/** What this process tells a monitor, as Prometheus names and writes it. */
export type Monitor = {
  /** A counter from the start of this process; answers how to count on. */
  counts(metric: Metric): (labels: Labels, by: number) => void
  /** A gauge that is asked for at each scrape. What does not answer within 3 s, or fails, is left out of that scrape. */
  asks(metric: Metric, read: () => Figures | Promise<Figures>): void
  /** All of it in Prometheus' text format. */
  scrape(): Promise<{ contentType: string; text: string }>
}

// Longer than a store is given to answer (`checkHealth`), so that one that does not is told of.
const longestMs = 3_000

/** With `process`, figures of the process itself too: CPU, memory, event loop, garbage collection. */
export function openMonitor({ log, process = false }: { log: Logger; process?: boolean }): Monitor {
  const register = new Registry()
  if (process) collectDefaultMetrics({ register })
  return {
    counts({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: labels, registers: [register] })
      return (of, by) => counter.inc(of, by)
    },
    asks({ name, help, labels = [] }, read) {
      // A role that is started again in the same process asks anew.
      register.removeSingleMetric(name)
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [register],
        async collect() {
          this.reset()
          const figures = await inTime(read).catch(error =>
            log.debug('a figure for the monitor is missing', { name, error }),
          )
          // Without labels, a reset gauge says 0.
          if (!figures) this.remove()
          for (const [of, value] of figures ?? []) this.set(of, value)
        },
      })
    },
    scrape: async () => ({ contentType: register.contentType, text: await register.metrics() }),
  }
}

async function inTime<T>(read: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${longestMs / 1000} s`)), longestMs)
  })
  return Promise.race([read(), late]).finally(() => clearTimeout(timer))
}
