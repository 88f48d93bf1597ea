import { randomUUID } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { editDistance } from '../db/domain/edit-distance.ts'
import { hiddenValue, type Redactor } from '../db/domain/redaction/redactor.ts'
import { polarityOf, type SignalInput, saysTheSame } from '../db/domain/signals.ts'
import { readSettings } from '../db/projects.ts'
import type { Redaction } from '../db/redaction.ts'
import { getRun } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { insertSignals, knownTraces, type Signal, saidBefore } from '../db/signals.ts'
import { ApiError } from './api-error.ts'
import { pageIdPrefix, refuseCrowds } from './page-limits.ts'
import { isPage, type SignalCaller } from './signal-caller.ts'

const sources: Record<SignalCaller['via'], string> = { key: 'api', token: 'page', session: 'dashboard' }
/** A clock that stands at its beginning says nothing. */
const oldest = new Date('2000-01-01')

/** What became of the signals of a request. */
export type Kept = {
  accepted: number
  /** Their trace is not there yet. */
  unmatched: number
  /** Said the same as one that was there by their id. */
  repeated: number
  /** Said something else than the one that was there by their id, and took its place. */
  corrected: number
  ids: string[]
}

/** Stores signals, all or none; resolves when they are. Throws ApiError for what cannot be taken. */
export async function keepSignals(
  services: Services & { redaction: Redaction },
  caller: SignalCaller,
  inputs: SignalInput[],
): Promise<Kept> {
  const { clickhouse } = services
  const { projectId } = caller
  const redactor = await services.redaction.of(projectId)
  const signals = await toSignals(services, caller, inputs)
  if (redactor) await redactSignals(signals, redactor)
  const named = signals.filter((_, at) => inputs[at]?.id !== undefined)
  const known = new Map((await saidBefore(clickhouse, { projectId, signals: named })).map(one => [keyOf(one), one]))
  const fresh = signals.filter(signal => !known.has(keyOf(signal)))
  if (isPage(caller)) await refuseCrowds(clickhouse, { projectId, fresh })
  const counts = { repeated: 0, corrected: 0 }
  const now = Date.now()
  for (const signal of signals) {
    const before = known.get(keyOf(signal))
    if (before) counts[saysTheSame(before, signal) ? 'repeated' : 'corrected'] += 1
    // Later than what it replaces, whatever the clock of the process that took that.
    const receivedAt = new Date(before ? Math.max(now, before.receivedAt.getTime() + 1) : now)
    signal.receivedAt = receivedAt
    known.set(keyOf(signal), { ...signal, receivedAt })
  }
  await insertSignals(clickhouse, signals)
  const traceIds = [...new Set(signals.map(({ traceId }) => traceId))]
  const there = await knownTraces(clickhouse, { projectId, traceIds })
  const unmatched = signals.filter(({ traceId }) => !there.has(traceId)).length
  const ids = signals.map(({ id }, at) => inputs[at]?.id ?? id)
  return { accepted: signals.length, unmatched, ...counts, ids }
}

async function redactSignals(signals: Signal[], redactor: Redactor) {
  for (const [at, signal] of signals.entries()) {
    redactSignal(signal, redactor)
    if (at % 20 === 19) await breathe()
  }
}

/** The words of a signal; ids join it to its trace, and stay. */
function redactSignal(signal: Signal, redactor: Redactor) {
  signal.comment = redactor.text(signal.comment)
  signal.action = redactor.text(signal.action)
  const labels = Object.entries(signal.labels).map(([label, text]) => [
    label,
    redactor.hides(label) ? hiddenValue : redactor.text(text),
  ])
  signal.labels = Object.fromEntries(labels)
}

const keyOf = ({ traceId, id }: { traceId: string; id: string }) => `${traceId} ${id}`

async function toSignals(services: Services, caller: SignalCaller, inputs: SignalInput[]): Promise<Signal[]> {
  const settings = await readSettings(services.postgres, caller.projectId)
  const traceOf = traceFinder(services, caller)
  const page = isPage(caller)
  const now = new Date()
  const signals: Signal[] = []
  for (const input of inputs) {
    const value = await signalValue(input)
    const id = input.id ?? randomUUID()
    signals.push({
      projectId: caller.projectId,
      traceId: await traceOf(input),
      id: page ? pageIdPrefix + id : id,
      spanId: input.span_id ?? '',
      runId: input.run_id ?? '',
      sessionId: input.session_id ?? '',
      userId: input.user_id ?? '',
      kind: input.kind,
      value,
      polarity: polarityOf(input.kind, value, settings),
      action: input.action ?? '',
      comment: input.comment ?? '',
      labels: input.labels ?? {},
      at: input.at && input.at >= oldest && input.at < now ? input.at : now,
      source: page ? 'page' : (input.source ?? sources[caller.via]),
    })
  }
  return signals
}

/** An edit may give both texts: their distance is kept, they are not. */
async function signalValue({ kind, value, original, edited }: SignalInput): Promise<number | null> {
  if (kind !== 'edit' || original === undefined || edited === undefined) return value ?? null
  await breathe()
  return editDistance(original, edited)
}

/** The trace that a signal is about: named, the run's, or the token's. A run of another project is not found. */
function traceFinder({ postgres }: Services, { projectId, traceId: only }: SignalCaller) {
  const runs = new Map<string, string>()
  const ofRun = async (runId: string) => {
    const traceId = runs.get(runId) ?? (await getRun(postgres, projectId, runId))?.traceId
    if (!traceId) throw new ApiError(404, 'not_found', 'There is no such run in this project.', { path: 'run_id' })
    runs.set(runId, traceId)
    return traceId
  }
  return async ({ trace_id, run_id }: SignalInput): Promise<string> => {
    const traceId = trace_id ?? (run_id ? await ofRun(run_id) : only)
    if (!traceId) throw new ApiError(400, 'bad_input', 'must be given, or run_id', { path: 'trace_id' })
    if (only && only !== traceId) throw new ApiError(403, 'forbidden', 'This feedback token is for another trace.')
    return traceId
  }
}
