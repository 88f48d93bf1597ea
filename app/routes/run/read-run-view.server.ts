import type { RunEventLog } from '../../../db/events.ts'
import type { Run } from '../../../db/runs.ts'
import { emptyView, foldEvents, type RunView } from './run-view.ts'

const pageSize = 2_000

/** The run as its events tell it up to now, for the first paint; where events are gone, its row says how it ended. */
export async function readRunView(events: RunEventLog, run: Run): Promise<RunView> {
  const ref = { runId: run.id, projectId: run.projectId }
  let view = emptyView
  for (;;) {
    const page = await events.read(ref, view.seq, pageSize)
    view = foldEvents(view, page)
    if (page.length < pageSize) break
  }
  if (view.seq > 0) return view
  return {
    ...view,
    status: run.status,
    result: run.result ?? undefined,
    error: run.error ?? undefined,
    servedBy: run.servedBy ?? undefined,
    servedReason: run.servedReason ?? undefined,
  }
}
