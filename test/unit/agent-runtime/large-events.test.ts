import { expect, it } from 'vitest'
import { findDiscard } from '../../../agent-runtime/discard.ts'
import { EventWriter } from '../../../agent-runtime/event-writer.ts'
import { emptyView, foldEvents } from '../../../app/routes/run/run-view.ts'
import { type NewRunEvent, type RunEvent, runEventData } from '../../../db/domain/run.ts'
import { numbered, unnumbered } from '../../../db/event-log.ts'
import type { RunEventLog } from '../../../db/events.ts'

const long = 'x'.repeat(40_000)

/** The events as a writer hands them to its log. */
async function written(...events: NewRunEvent[]): Promise<RunEvent[]> {
  const log: RunEvent[] = []
  const writer = { runId: 'run_1', traceId: '1'.repeat(32), attempt: 1 }
  const append: RunEventLog['append'] = async (by, batch) => {
    log.push(
      ...numbered(
        by,
        batch.map(event => unnumbered(by, event)),
        log.length + batch.length,
      ),
    )
    return log.slice(-batch.length)
  }
  const made = new EventWriter({
    events: { append } as RunEventLog,
    writer,
    onLost: cause => {
      throw cause
    },
  })
  for (const event of events) made.emit(event)
  await made.flush()
  return log
}

it('writes large events so that each is of its type', async () => {
  const events = await written(
    { type: 'tool.start', data: { tool_id: 't', name: 'write', arguments: { text: long } } },
    { type: 'tool.error', data: { tool_id: 't', name: 'write', message: long } },
    { type: 'progress', data: { text: long } },
    { type: 'warning', data: { code: 'w', message: long } },
    {
      type: 'message.end',
      data: { message_id: 'm', error: long, tool_calls: [{ id: 'c', name: 'write', arguments: { text: long } }] },
    },
    { type: 'interrupt', data: { interrupt_id: 'i', value: long } },
  )
  for (const event of events) {
    expect(runEventData[event.type].safeParse(event.data).error, event.type).toBeUndefined()
    expect(JSON.stringify(event).length, event.type).toBeLessThan(10_000)
  }
  expect(events.at(-2)?.data).toMatchObject({
    tool_calls: [
      { id: 'c', name: 'write', arguments: { truncated: true, preview: expect.stringMatching(/^{"text":"xxx/) } },
    ],
  })
  expect(events.at(-1)?.data).toMatchObject({ value: { truncated: true, bytes: 40_000 } })
})

it('names all that a reset voids, however much that is', async () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `call_${String(i).padStart(24, '0')}`)
  const starts = ids.map((id): NewRunEvent => ({ type: 'tool.start', data: { tool_id: id, name: 'n', arguments: {} } }))
  const lost: NewRunEvent = {
    type: 'attempt.reset',
    data: { reason: 'worker lost', message_ids: [], tool_ids: ids, task_ids: [] },
  }
  const events = await written(...starts, lost)
  expect(findDiscard(events, [])).toEqual({ message_ids: [], tool_ids: [], task_ids: [] })
  expect(foldEvents(emptyView, events).steps).toMatchObject([{ kind: 'reset', text: 'worker lost' }])
})
