import { setImmediate as breathe } from 'node:timers/promises'
import type { Usual } from '../../../db/canary-lines.ts'
import type { WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import { buckets } from '../../../db/domain/flags/hash.ts'
import { type GuardrailId, heldTo, type NamedGuardrail } from '../../../db/domain/guardrails.ts'
import { canarySight, type Sight, type Traffic } from '../../../db/domain/stats/power.ts'
import { hourMs } from '../../../db/domain/time.ts'
import { plannedUsers, usualBefore, widths } from '../../../db/flag-comparison.ts'
import type { Services } from '../../../db/services.ts'
import { rememberSlow } from '../../remember-slow.ts'

const days = 14
const alpha = 0.05
const simulations = 100
/** By all that it is made of: the same traffic gives the same. */
const remembered = rememberSlow<Simulated[]>({ slowMs: 50, keepMs: hourMs })

type Simulated = { id: GuardrailId; sight: Sight | null }

export type SightView = {
  /** Of the canary, in hundredths of a percent. */
  share: number
  days: number
  /** Users of the workflow a day, and new users of both arms a day. */
  usersADay: number
  comparedADay: number
  guardrails: (Simulated & { usual: number | null })[]
}

type Asked = { projectId: string; flag: WorkflowFlag; share?: number; now: Date }

/** What a canary of a share would see in two weeks of the traffic that there was: by simulating the rule on it. */
export async function readSight(
  { clickhouse }: Pick<Services, 'clickhouse'>,
  { projectId, flag, share = flag.share, now }: Asked,
): Promise<SightView> {
  const asked = Math.min(buckets, Math.max(1, Math.round(share)))
  const before = new Date(Math.floor(now.getTime() / hourMs) * hourMs)
  const held = heldTo(flag.guardrails)
  const usual = await usualBefore(clickhouse, { projectId, key: flag.key, before, held })
  const { canaryShare, controlShare } = widths(asked)
  const traffic = {
    usersADay: usual.usersADay * (canaryShare + controlShare),
    share: canaryShare / (canaryShare + controlShare),
    days,
    alpha: alpha / held.length,
    planned: plannedUsers(usual, [asked]),
  }
  const known = controlShare > 0 ? usual.guardrails : {}
  const guardrails = await remembered(JSON.stringify([held, known, traffic]), () => simulate(held, known, traffic))
  const common = { share: asked, days, usersADay: usual.usersADay, comparedADay: traffic.usersADay }
  return {
    ...common,
    guardrails: guardrails.map(each => ({ ...each, usual: usual.guardrails[each.id]?.value ?? null })),
  }
}

async function simulate(
  held: readonly NamedGuardrail[],
  known: Usual['guardrails'],
  traffic: Traffic,
): Promise<Simulated[]> {
  const done: Simulated[] = []
  for (const guardrail of held) {
    const before = known[guardrail.id]
    const sight = before ? canarySight(guardrail, before.baseline, traffic, { simulations }) : null
    done.push({ id: guardrail.id, sight })
    // A simulation takes some time, and others are being served.
    await breathe()
  }
  return done
}
