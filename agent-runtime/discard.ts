import type { RunEvent } from '../db/domain/run.ts'
import type { RunEventLog, RunRef } from '../db/events.ts'

export type Discard = { message_ids: string[]; tool_ids: string[]; task_ids: string[] }

/**
 * What earlier attempts showed that will be done again: messages and tool calls of open tasks, and those that never
 * ended. What an earlier reset voided is not named again.
 */
export function findDiscard(events: RunEvent[], openTasks: string[]): Discard {
  const again = new Set(openTasks)
  const messages = new Map<string, boolean>()
  const tools = new Map<string, boolean>()
  for (const event of events) {
    const redone = event.task_id !== undefined && again.has(event.task_id)
    if (event.type === 'message.start') messages.set(event.data.message_id, true)
    if (event.type === 'message.end') messages.set(event.data.message_id, redone)
    if (event.type === 'tool.start') tools.set(event.data.tool_id, true)
    if (event.type === 'tool.end' || event.type === 'tool.error') tools.set(event.data.tool_id, redone)
    if (event.type === 'attempt.reset') {
      for (const id of event.data.message_ids) messages.delete(id)
      for (const id of event.data.tool_ids) tools.delete(id)
    }
  }
  const named = (map: Map<string, boolean>) => [...map].filter(([, discard]) => discard).map(([id]) => id)
  const seen = new Set(events.map(event => event.task_id))
  return { message_ids: named(messages), tool_ids: named(tools), task_ids: openTasks.filter(id => seen.has(id)) }
}

export const isEmpty = (discard: Discard) => Object.values(discard).every(ids => ids.length === 0)

/** All of a run's events so far. */
export async function readAll(log: RunEventLog, run: RunRef): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for (;;) {
    const page = await log.read(run, events.at(-1)?.seq ?? 0, 1000)
    events.push(...page)
    if (page.length < 1000) return events
  }
}
