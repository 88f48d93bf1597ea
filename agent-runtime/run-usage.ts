import type { Run } from '../db/runs.ts'
import type { RunUsage } from '../db/schema.ts'
import type { EventHandler } from './event-handler.ts'

/** What the run has used with this attempt. */
export function usedSoFar(run: Run, { usage, firstTextAt }: EventHandler): RunUsage {
  const ttftMs = run.usage.ttftMs ?? (firstTextAt && firstTextAt - run.createdAt.getTime())
  return {
    inputTokens: (run.usage.inputTokens ?? 0) + usage.inputTokens,
    outputTokens: (run.usage.outputTokens ?? 0) + usage.outputTokens,
    calls: (run.usage.calls ?? 0) + usage.calls,
    ...((run.usage.estimated || usage.estimated) && { estimated: true }),
    ...(ttftMs !== undefined && { ttftMs }),
  }
}
