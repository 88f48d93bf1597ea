import { variantsOf } from '../../../db/domain/flags/check.ts'
import { type Flag, flag } from '../../../db/domain/flags/flag.ts'
import { marksOf } from '../../../db/domain/flags/standing.ts'
import { dayMs } from '../../../db/domain/time.ts'
import { readAiUsers, readExposure } from '../../../db/flag-exposure.ts'
import { listChanges, readItem, servedStages } from '../../../db/flag-history.ts'
import { readEffect, readWorkers } from '../../../db/flag-processes.ts'
import { readRampCheck } from '../../../db/ramp-checks.ts'
import type { Services } from '../../../db/services.ts'
import { pageOf } from '../../older.ts'
import { endpoints } from '../data-in/endpoints.server.ts'

const windowDays = 7
const changesShown = 100
/** The switch must work while ClickHouse does not answer: the page does not wait for its numbers. */
const patienceMs = 2_000

export type FlagView = NonNullable<Awaited<ReturnType<typeof readFlagView>>>

/** All that a flag's page shows, with the changes before a version; undefined when there never was such a flag. */
export async function readFlagView(
  services: Services,
  { projectId, key, before }: { projectId: string; key: string; before?: number },
) {
  const { postgres, clickhouse, config } = services
  const item = await readItem(postgres, { projectId, kind: 'flag', key })
  if (!item) return undefined
  const now = new Date()
  const window = { from: new Date(now.getTime() - windowDays * dayMs), to: now }
  const changesOf = { projectId, kind: 'flag' as const, key }
  const [changes, [last], effect, workers, check, stages, exposure, served] = await Promise.all([
    listChanges(postgres, { ...changesOf, before, limit: changesShown + 1 }),
    listChanges(postgres, { ...changesOf, limit: 1 }),
    readEffect(postgres, item.version),
    readWorkers(postgres),
    readRampCheck(postgres, { projectId, key }),
    servedStages(postgres, { projectId, key }),
    soon(readExposure(clickhouse, { projectId, key, ...window })),
    soon(readAiUsers(clickhouse, { projectId, workflow: key, ...window })),
  ])
  const set = services.flags.set(projectId)
  const read = item.doc === null ? undefined : flag.safeParse(item.doc)
  const current: Flag | null = read?.success ? read.data : null
  return {
    projectId,
    key,
    flag: current,
    removed: item.doc === null,
    revision: item.revision,
    version: item.version,
    marks: current ? marksOf(current, last?.at ?? now, now) : [],
    changedAt: last?.at,
    changes: pageOf(changes, changesShown, ({ version }) => version),
    effect,
    stages,
    check: check ?? null,
    exposure,
    served,
    windowDays,
    aiOff: set.aiOff ?? null,
    workers: { count: workers.count, versions: workers.workflows.filter(({ name }) => name === key) },
    others: [...set.flags.values()]
      .filter(other => other.key !== key)
      .map(other => ({ key: other.key, variants: [...variantsOf(other)] })),
    segments: [...set.segments.keys()],
    endpoints: endpoints(config),
  }
}

/** What cannot be read in time is not known: null. */
async function soon<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), patienceMs)
  })
  return Promise.race([work.catch(() => null), late]).finally(() => clearTimeout(timer))
}
