import type { Usual } from '../../../db/canary-lines.ts'
import { armSeries, failingTraces } from '../../../db/canary-traces.ts'
import { flag as flagSchema, type WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { heldTo } from '../../../db/domain/guardrails.ts'
import { snippet } from '../../../db/domain/snippet.ts'
import { bucketSeconds, hourMs } from '../../../db/domain/time.ts'
import { type Compared, compareFlag, lastCompared, usualBefore } from '../../../db/flag-comparison.ts'
import { readItem, servedStages } from '../../../db/flag-history.ts'
import { verdictOf } from '../../../db/flag-verdict.ts'
import type { Services } from '../../../db/services.ts'
import { rememberSlow } from '../../remember-slow.ts'
import { readSight } from './read-sight.server.ts'

export type ComparisonView = NonNullable<Awaited<ReturnType<typeof readComparison>>>
export type ComparedView = Awaited<ReturnType<typeof readCompared>>

type Asked = { projectId: string; key: string; share?: number }

/**
 * The flag's newest comparison, and while no canary is on, what the next one would see. Undefined for what is no workflow
 * flag. Throws when the data store does not answer.
 */
export async function readComparison(services: Services, { projectId, key, share }: Asked, now: Date) {
  const { postgres } = services
  const [item, history] = await Promise.all([
    readItem(postgres, { projectId, kind: 'flag', key }),
    servedStages(postgres, { projectId, key }),
  ])
  const read = flagSchema.safeParse(item?.doc)
  if (!read.success || read.data.kind !== 'workflow') return undefined
  const flag = read.data
  const compared = lastCompared(history)
  const isOn = flag.state === 'canary' && compared !== undefined
  const [shown, sight] = await Promise.all([
    compared && readCompared(services, { projectId, flag, compared, now }),
    isOn ? undefined : readSight(services, { projectId, flag, share, now }),
  ])
  return { at: now, isOn, compared: shown ?? null, sight: sight ?? null }
}

/** What was usual before a comparison began does not change while it lasts. */
const remembered = rememberSlow<Usual>({ slowMs: 100, keepMs: hourMs })

type Shown = { projectId: string; flag: WorkflowFlag; compared: Compared; now: Date }

async function readCompared({ clickhouse }: Services, { projectId, flag, compared, now }: Shown) {
  const { key } = flag
  const { since } = compared
  const until = compared.until ?? now
  const window = { projectId, flag: key, from: since, to: until }
  const seconds = Math.max(3600, bucketSeconds(window, 48))
  const held = heldTo(flag.guardrails)
  // Slow answers are slower than a line of before, which no metric is.
  const charted = held.map(({ id }) => id).filter(id => id !== 'latency_tail')
  const [comparison, series, failing] = await Promise.all([
    remembered(JSON.stringify([projectId, key, since, held]), () =>
      usualBefore(clickhouse, { projectId, key, before: since, held }),
    ).then(usual => compareFlag(clickhouse, { projectId, flag, compared, now, usual })),
    armSeries(clickhouse, window, charted, seconds),
    failingTraces(clickhouse, window, 8),
  ])
  const { decision, split, parity, arms, usersADay, usual, plan } = comparison
  const judged = verdictOf(flag, comparison, now)
  return {
    ...{ since, until: compared.until ?? null, window: comparison.window },
    ...{ verdict: judged.verdict, reason: judged.reason },
    ...{
      guardrails: decision.guardrails,
      about: judged.numbers?.about ?? [],
      untrusted: decision.untrusted,
      missing: decision.missing,
    },
    ...{ split, parity, arms, usersADay, planned: plan.planned },
    usual: { users: usual.users },
    uncontrolledSince: comparison.uncontrolledSince ?? null,
    stages: compared.stages.map(({ from, to, share, by, version }) => ({ from, to: to ?? null, share, by, version })),
    held,
    bucketSeconds: seconds,
    series: charted.map(id => ({
      id,
      points: series.canary[id].map(({ at, reading }, i) => ({
        at,
        canary: reading?.value ?? null,
        control: series.control[id][i]?.reading?.value ?? null,
      })),
    })),
    failing: failing.map(trace => ({
      traceId: trace.traceId,
      at: trace.startedMs,
      user: trace.userId,
      asked: snippet(trace.input, 'user'),
      isDisliked: trace.negative > 0,
      isFailed: trace.status === 'error',
      toolsFailed: trace.toolsFailed,
    })),
  }
}
