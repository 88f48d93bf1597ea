import type { Usual } from '../db/canary-lines.ts'
import { activityOf } from '../db/domain/flags/activity.ts'
import type { WorkflowFlag } from '../db/domain/flags/flag.ts'
import type { DecideStage } from '../db/domain/flags/ramp-step.ts'
import { heldTo } from '../db/domain/guardrails.ts'
import { type Compared, compareFlag, lastCompared, usualBefore } from '../db/flag-comparison.ts'
import { servedStages } from '../db/flag-history.ts'
import { verdictOf } from '../db/flag-verdict.ts'
import type { Services } from '../db/services.ts'

type Judging = Pick<Services, 'clickhouse' | 'postgres'> & { flags: Pick<Services['flags'], 'set'> }

/** Judges stages of ramps by comparing their arms. What was usual before a comparison is read once, when it first asks. */
export function openJudge({ clickhouse, postgres, flags }: Judging): DecideStage {
  const remembered = new Map<string, { since: number; usual: Usual }>()

  async function usualOf(projectId: string, { key, guardrails }: WorkflowFlag, { since }: Compared): Promise<Usual> {
    const id = JSON.stringify([projectId, key])
    const known = remembered.get(id)
    if (known?.since === since.getTime()) return known.usual
    const usual = await usualBefore(clickhouse, { projectId, key, before: since, held: heldTo(guardrails) })
    remembered.set(id, { since: since.getTime(), usual })
    return usual
  }

  return async ({ projectId, flag, now }) => {
    const idle = whyIdle(flag, now, flags.set(projectId).aiOff?.scope)
    if (idle) return { verdict: 'hold', reason: idle }
    const { key } = flag
    const compared = lastCompared(await servedStages(postgres, { projectId, key }))
    if (!compared || compared.until) return { verdict: 'hold', reason: 'the canary is not on' }
    const usual = await usualOf(projectId, flag, compared)
    return verdictOf(flag, await compareFlag(clickhouse, { projectId, flag, compared, now, usual }), now)
  }
}

/** Why the canary serves nobody now, so that what was measured before says nothing about going on. */
function whyIdle(flag: WorkflowFlag, now: Date, aiOff: 'project' | 'installation' | undefined): string | undefined {
  if (aiOff) return `AI is switched off for ${aiOff === 'project' ? 'this project' : 'the whole installation'}`
  const inactive = activityOf({ ...flag, prerequisites: [] }, now, () => {
    throw new Error('a flag without prerequisites asks for none')
  })
  if (!inactive) return undefined
  return inactive.kind === 'expired' ? 'the flag has expired' : 'the flag is outside of its schedule'
}
