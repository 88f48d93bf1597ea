import {
  type Arrival,
  arrivalBucketSeconds,
  arrivalSeries,
  type ConventionSeen,
  listArrivals,
  listConventions,
  newestTrace,
} from '../../../db/arrivals.ts'
import type { ClickHouse } from '../../../db/clickhouse.ts'
import { dayMs, readRange } from '../../../db/domain/time.ts'
import { listRejects } from '../../../db/rejects.ts'
import type { Services } from '../../../db/services.ts'
import { readSignalArrivals } from '../../../db/signal-arrivals.ts'
import { readItem } from './items.ts'
import { rememberSlow } from './remember-slow.ts'

const fallbackRange = '7d'
const asked = ['range', 'from', 'to']
/** Reads a column of every span of the window. */
const conventionsOf = rememberSlow<ConventionSeen[]>({ slowMs: 100, keepMs: 60_000 })

/** What arrived in the page's window and what became of it, and the newest trace whenever that was. */
export async function readDataIn(services: Services, projectId: string, params: URLSearchParams, now: Date) {
  const { clickhouse, postgres } = services
  const { from, to } = readRange(params, now, fallbackRange)
  const window = { projectId, from, to }
  const seconds = arrivalBucketSeconds(window)
  const recent = { projectId, from: new Date(now.getTime() - 30 * dayMs), to: new Date(now.getTime() + dayMs) }
  const [arrivals, series, conventions, feedback, rejects, newest] = await Promise.all([
    listArrivals(clickhouse, window),
    arrivalSeries(clickhouse, { ...window, item: readItem(params), seconds }),
    conventionsOf([projectId, ...asked.map(name => params.get(name))].join('/'), () =>
      listConventions(clickhouse, window),
    ),
    readSignalArrivals(clickhouse, window),
    listRejects(postgres, { projectId, since: from }),
    newestTrace(clickhouse, recent),
  ])
  return {
    arrivals,
    series,
    bucketSeconds: seconds,
    conventions,
    feedback,
    rejects,
    newest: newest ?? (await importedTrace(clickhouse, projectId, arrivals, now)),
  }
}

/** Spans that arrived but began long ago: an import. Looked for only when there is nothing newer. */
function importedTrace(clickhouse: ClickHouse, projectId: string, arrivals: Arrival[], to: Date) {
  const stored = arrivals.some(({ item, outcome }) => item === 'spans' && outcome === 'stored')
  return stored ? newestTrace(clickhouse, { projectId, from: new Date(0), to }) : undefined
}
