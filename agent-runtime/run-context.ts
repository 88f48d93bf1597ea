import type { Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import type { EventHandler } from './event-handler.ts'
import type { EventWriter } from './event-writer.ts'
import type { Hold } from './hold.ts'
import type { RoutedChatModel } from './inference/routed-model.ts'
import { openRunFlags } from './run-flags.ts'
import type { Workflow, WorkflowContext } from './workflow.ts'

type Making = {
  run: Run
  workflow: Workflow
  services: Services
  hold: Hold
  model: RoutedChatModel
  writer: EventWriter
  handler: EventHandler
  onRead(): void
}

/** What a run gives its workflow. Parameters that this version does not take are left to their defaults. */
export function contextOf({ run, workflow, services, hold, model, writer, handler, onRead }: Making): WorkflowContext {
  const { id, projectId, attempt, userId, sessionId } = run
  const given = workflow.params.safeParse(run.pinned.params ?? {})
  const params = given.success ? given.data : workflow.params.parse({})
  return {
    run: { id, projectId, attempt, userId, sessionId },
    model,
    tools: [],
    params: params as Record<string, unknown>,
    prompts: { ...workflow.prompts, ...run.pinned.prompts },
    flags: openRunFlags({ flags: services.flags, run, onRead }),
    services,
    signal: hold.signal,
    progress(text, { count, config } = {}) {
      const parent =
        config?.callbacks && 'getParentRunId' in config.callbacks ? config.callbacks.getParentRunId() : undefined
      if (parent) handler.toolProgress(parent, text)
      writer.emit({ type: 'progress', data: { text, ...(count !== undefined && { count }) } })
    },
  }
}
