import { setTimeout as delay } from 'node:timers/promises'
import { alone } from '../db/advisory-lock.ts'
import { flag as flagSchema, type WorkflowFlag } from '../db/domain/flags/flag.ts'
import { type DecideStage, rampStep, type StageVerdict } from '../db/domain/flags/ramp-step.ts'
import { readItem } from '../db/flag-history.ts'
import { type Saved, saveItem } from '../db/flags.ts'
import { listRamping, writeRampCheck } from '../db/ramp-checks.ts'
import { tellRamp } from '../db/ramp-messages.ts'
import type { Services } from '../db/services.ts'
import { withSpan } from '../db/telemetry.ts'

type RampServices = Pick<Services, 'postgres' | 'log'>
type Watch = { judge: DecideStage; signal?: AbortSignal; patienceMs?: number }
type Which = { projectId: string; key: string }

/** A judgement that takes longer is none: other ramps wait for it. */
const patienceMs = 60_000

/** Looks at every ramp that runs, and goes on or back with those whose comparison says so. */
export async function lookAtRamps(services: RampServices, now: Date, watch: Watch): Promise<void> {
  const { postgres, log } = services
  for (const { projectId, key } of await listRamping(postgres)) {
    if (watch.signal?.aborted) return
    const which = { projectId, key }
    const look = () => lookAtRamp(services, which, now, watch)
    // One ramp's failure must not keep the others from being looked at.
    await alone(postgres, `ramp.${projectId}.${key}`, () =>
      withSpan('look at a ramp', { 'davylamp.project.id': projectId, 'feature_flag.key': key }, look),
    ).catch(error => log.warn('cannot look at a ramp; it is looked at again in a minute', { ...which, error }))
  }
}

async function lookAtRamp({ postgres, log }: RampServices, which: Which, now: Date, watch: Watch): Promise<void> {
  const item = await readItem(postgres, { ...which, kind: 'flag' })
  const read = flagSchema.safeParse(item?.doc)
  if (!item || !read.success || read.data.kind !== 'workflow' || read.data.ramp?.state !== 'running') return
  const flag = read.data
  const verdict = await judged(watch, { projectId: which.projectId, flag, now }).catch((error: unknown) => {
    log.warn('cannot judge a ramp', { ...which, error })
    return unknown(error)
  })
  if (watch.signal?.aborted) return
  await writeRampCheck(postgres, { ...which, verdict })
  if (!rampStep(flag, verdict, now)) return
  const saved = await takeStep(postgres, { ...which, flag, revision: item.revision, verdict, now })
  if (!saved.ok) log.info('a ramp did not take its step', { ...which, cause: saved.message })
}

async function judged({ judge, patienceMs: longest = patienceMs }: Watch, question: Parameters<DecideStage>[0]) {
  const late = delay(longest, undefined, { ref: false }).then(() => {
    throw new Error(`the data store did not answer within ${longest / 1000} s`)
  })
  return Promise.race([judge(question), late])
}

/** A comparison that cannot be made says neither that all is well nor that it is not. */
const unknown = (error: unknown): StageVerdict => ({
  verdict: 'hold',
  reason: `the arms cannot be compared now: ${error instanceof Error ? error.message : String(error)}`.slice(0, 900),
})

type Step = Which & { flag: WorkflowFlag; revision: number; verdict: StageVerdict; now: Date }

/**
 * Makes the verdict a revision of the flag, with the messages that tell it, in one transaction. A flag that anybody has
 * changed since it was judged stays as they left it.
 */
function takeStep(
  postgres: Services['postgres'],
  { projectId, key, flag, revision, verdict, now }: Step,
): Promise<Saved<'flag'>> {
  const { reason, numbers } = verdict
  return saveItem(postgres, {
    ...{ projectId, kind: 'flag', key, from: revision },
    author: { by: 'ramp', numbers },
    why: reason,
    change: before => (before?.kind === 'workflow' ? rampStep(before, verdict, now) : undefined) ?? before,
    async also(tx, { version, revision, doc }) {
      if (doc?.kind !== 'workflow') return
      await tellRamp(tx, {
        ...{ projectId, version, revision, now, reason, flag: key },
        did: verdict.verdict === 'roll back' ? 'rolled back' : doc.ramp?.state === 'done' ? 'finished' : 'promoted',
        from: flag.share,
        to: verdict.verdict === 'roll back' ? 0 : doc.share,
        users: numbers?.users ?? { canary: 0, control: 0 },
        about: numbers?.about ?? [],
        guardrails: numbers?.guardrails ?? [],
      })
    },
  })
}
