import type { Pinned } from '../db/domain/flags/arm.ts'
import type { Context } from '../db/domain/flags/match.ts'
import type { Flags } from '../db/flag-memory.ts'
import type { Run } from '../db/runs.ts'

/** Flags as a workflow reads them: the value for the run's user, or the default given where there is none of its type. */
export type RunFlags = {
  boolean(key: string, otherwise: boolean): boolean
  string(key: string, otherwise: string): string
  number(key: string, otherwise: number): number
  object<T extends object>(key: string, otherwise: T): T
}

/** For whom a run's flags are evaluated: its user and session, and its metadata as attributes. */
export const flagContext = (run: Pick<Run, 'workflow' | 'userId' | 'sessionId' | 'metadata'>): Context => ({
  ...run.metadata,
  workflow: run.workflow,
  ...(run.userId !== null && { targetingKey: run.userId, user_id: run.userId }),
  ...(run.sessionId !== null && { session_id: run.sessionId }),
})

type Reading = { flags: Pick<Flags, 'evaluate'>; run: Run; onRead(key: string, variant: string): void }

/**
 * Reads flags for a run. What a flag said first it says for the run's life: it is noted in the run's `arms` and
 * `pinned`, and `onRead` is told.
 */
export function openRunFlags({ flags, run, onRead }: Reading): RunFlags {
  function read<T>(key: string, otherwise: T): T {
    const pinned = run.pinned.flags?.[key]
    if (pinned) return fitting(pinned.value, otherwise)
    const { value, variant } = flags.evaluate(run.projectId, key, flagContext(run))
    if (variant === undefined || !isOfType(value, otherwise)) return otherwise
    pin(run, key, { variant, value })
    onRead(key, variant)
    return value
  }
  return { boolean: read, string: read, number: read, object: read }
}

function pin(run: Run, key: string, said: NonNullable<Pinned['flags']>[string]) {
  run.pinned = { ...run.pinned, flags: { ...run.pinned.flags, [key]: said } }
  run.arms = { ...run.arms, [key]: said.variant }
}

const isOfType = <T>(value: unknown, otherwise: T): value is T =>
  value !== null && typeof value === typeof otherwise && Array.isArray(value) === Array.isArray(otherwise)
const fitting = <T>(value: unknown, otherwise: T): T => (isOfType(value, otherwise) ? value : otherwise)
