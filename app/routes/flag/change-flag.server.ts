import { z } from 'zod'
import { type Runnable, unfit } from '../../../db/domain/flags/fit.ts'
import { armSpec, type Flag, type WorkflowFlag } from '../../../db/domain/flags/flag.ts'
import type { Fault } from '../../../db/domain/flags/item.ts'
import { usualStages } from '../../../db/domain/flags/ramp.ts'
import { adoptCanary, pauseRamp, startRamp } from '../../../db/domain/flags/ramp-step.ts'
import { revertChange } from '../../../db/flag-history.ts'
import { readWorkers } from '../../../db/flag-processes.ts'
import { type Author, type Saved, saveItem } from '../../../db/flags.ts'
import type { Services } from '../../../db/services.ts'

const from = z.coerce.number().int().min(0)
const why = z.string().trim().max(1000).default('')

/** What the page of a flag can ask for. `patch` is JSON: the fields of the flag to put in place of what they are. */
export const flagRequest = z.discriminatedUnion('intent', [
  z.object({ intent: z.literal('save'), from, why, patch: z.string().max(600_000) }),
  z.object({ intent: z.literal('off'), why, whenOff: z.enum(['finish', 'stop']).optional() }),
  z.object({
    intent: z.literal('switch'),
    from,
    why,
    state: z.enum(['control', 'canary', 'on']),
    share: z.coerce.number().optional(),
  }),
  z.object({ intent: z.literal('ramp'), from, act: z.enum(['add', 'start', 'pause', 'remove']) }),
  z.object({ intent: z.literal('adopt'), from, why }),
  z.object({ intent: z.literal('revert'), from, version: z.coerce.number().int() }),
  z.object({ intent: z.literal('remove'), from, why }),
])
export type FlagRequest = z.infer<typeof flagRequest>

export type FlagAnswer =
  | { ok: true; version: number; changed: boolean; removed: boolean }
  | { ok: false; message: string; stale: boolean; faults: Fault[] }

type Where = { projectId: string; key: string; userId: string }

/** Does what was asked, as a revision of the flag. */
export async function changeFlag(services: Services, where: Where, asked: FlagRequest): Promise<FlagAnswer> {
  const author: Author = { by: 'person', userId: where.userId }
  if (asked.intent === 'revert')
    return answer(await revertChange(services.postgres, { ...where, version: asked.version, from: asked.from, author }))
  const change = await changeOf(services, where.key, asked)
  if ('faults' in change) return refused(change.faults)
  const saved = await saveItem(services.postgres, {
    projectId: where.projectId,
    kind: 'flag',
    key: where.key,
    // AI is switched off whatever somebody else is changing at the same time.
    from: asked.intent === 'off' ? undefined : asked.from,
    author,
    why: 'why' in asked ? asked.why : '',
    change: before => (before ? change.make(before) : undefined),
  })
  return answer(saved)
}

type Change = { make(before: Flag): unknown } | { faults: Fault[] }

async function changeOf(
  { postgres }: Services,
  key: string,
  asked: Exclude<FlagRequest, { intent: 'revert' }>,
): Promise<Change> {
  switch (asked.intent) {
    case 'save':
      return patchOf(key, asked.patch, () => readWorkers(postgres))
    case 'off':
      return { make: before => ({ ...before, state: 'off', ...(asked.whenOff && { whenOff: asked.whenOff }) }) }
    case 'switch':
      return { make: before => ({ ...before, state: asked.state, ...(asked.share && { share: asked.share }) }) }
    case 'ramp':
      return { make: before => (before.kind === 'workflow' ? rampOf(before, asked.act) : before) }
    case 'adopt':
      return { make: before => (before.kind === 'workflow' ? adoptCanary(before) : before) }
    case 'remove':
      return { make: () => null }
  }
}

const arms = z.object({ control: armSpec, canary: armSpec })

/** The fields that a section of the page sets; arms only if the workers can run them. */
async function patchOf(key: string, text: string, readKnown: () => Promise<Runnable>): Promise<Change> {
  let fields: Record<string, unknown>
  try {
    fields = z.record(z.string(), z.unknown()).parse(JSON.parse(text))
  } catch {
    return { faults: [{ path: '', message: 'the change is not an object in JSON' }] }
  }
  const given = arms.safeParse(fields)
  const faults = given.success ? unfit({ key, ...given.data }, await readKnown()) : []
  return faults.length > 0
    ? { faults }
    : { make: before => withoutNulls({ ...before, ...fields, key, kind: before.kind }) }
}

/** A field that a section says is not set any more. */
const withoutNulls = (flag: object) => Object.fromEntries(Object.entries(flag).filter(([, value]) => value !== null))

function rampOf(flag: WorkflowFlag, act: 'add' | 'start' | 'pause' | 'remove') {
  if (act === 'start') return startRamp(flag, new Date())
  if (act === 'pause') return pauseRamp(flag, 'paused by hand')
  const { ramp: _, ...rest } = flag
  return act === 'add' ? { ...rest, ramp: { stages: usualStages } } : rest
}

function answer(saved: Saved | Awaited<ReturnType<typeof revertChange>>): FlagAnswer {
  if (saved.ok) return { ok: true, version: saved.version, changed: saved.changed, removed: saved.doc === undefined }
  if (saved.refused === 'invalid') return refused(saved.faults)
  return { ok: false, message: saved.message, stale: saved.refused === 'stale', faults: [] }
}

const refused = (faults: Fault[]): FlagAnswer => ({
  ok: false,
  stale: false,
  message: faults.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
  faults,
})
