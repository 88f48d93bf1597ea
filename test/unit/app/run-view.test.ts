import { describe, expect, it } from 'vitest'
import { emptyView, foldEvents, hasEnded } from '../../../app/routes/run/run-view.ts'
import { type NewRunEvent, parseRunEvent, type RunEvent } from '../../../db/domain/run.ts'

const numbered = (events: NewRunEvent[], from = 1): RunEvent[] =>
  events.map((event, at) => {
    const envelope = { v: 1, run_id: 'run_1', seq: from + at, attempt: 1, at: `2026-11-23T10:00:0${at % 10}.000Z` }
    return { ...envelope, trace_id: 'f'.repeat(32), ...event } as RunEvent
  })

const story = numbered([
  { type: 'queued', data: { workflow: 'analyze', version: '1', input: {} } },
  { type: 'started', data: { worker: 'w', served_by: 'ai' } },
  { type: 'progress', data: { text: 'Searching' } },
  { type: 'message.start', data: { message_id: 'm', model: 'gpt' } },
  { type: 'token', data: { message_id: 'm', text: 'Thirty ' } },
  { type: 'token', data: { message_id: 'm', text: 'days.' } },
  { type: 'message.end', data: { message_id: 'm', usage: { input_tokens: 5, output_tokens: 2 } } },
  { type: 'tool.start', data: { tool_id: 't', name: 'search', arguments: { q: 'x' } } },
  { type: 'tool.end', data: { tool_id: 't', name: 'search', outcome: 'empty', result: [] } },
  { type: 'done', data: { result: { answer: 'Thirty days.' }, served_by: 'ai' } },
])

describe('a run folded from its events', () => {
  it('shows messages as they grow and tools with how they came back', () => {
    const half = foldEvents(emptyView, story.slice(0, 5))
    expect([half.status, half.steps.at(-1)]).toMatchObject(['running', { text: 'Thirty ', ended: false }])
    const whole = foldEvents(emptyView, story)
    expect(whole.steps.map(step => step.kind)).toEqual(['progress', 'message', 'tool'])
    expect(whole.steps[1]).toMatchObject({ text: 'Thirty days.', ended: true, usage: { output_tokens: 2 } })
    expect(whole.steps[2]).toMatchObject({ outcome: 'empty', result: [] })
    expect([whole.status, whole.seq, hasEnded(whole.status)]).toEqual(['done', 10, true])
  })

  it('is the same however the events are cut into pages', () => {
    const whole = foldEvents(emptyView, story)
    for (let cut = 0; cut <= story.length; cut++) {
      const pages = foldEvents(foldEvents(emptyView, story.slice(0, cut)), story.slice(cut))
      expect(pages).toEqual(whole)
    }
  })

  it('takes no event twice, as after a reconnect', () => {
    const whole = foldEvents(emptyView, story)
    expect(foldEvents(whole, story)).toEqual(whole)
  })

  it('leaves the view it was given as it was', () => {
    const before = foldEvents(emptyView, story.slice(0, 5))
    const copy = structuredClone(before)
    foldEvents(before, story.slice(5))
    expect(before).toEqual(copy)
  })

  it('takes events of old logs, where a reference stood for a list that was long', () => {
    const reference = { preview: '[', bytes: 20_000, truncated: true, see: '/v1/runs/run_1' }
    const logged = story.slice(0, 6).concat(
      numbered(
        [
          { type: 'message.end', data: { message_id: 'm', tool_calls: reference } },
          {
            type: 'attempt.reset',
            data: { reason: 'lost', message_ids: reference, tool_ids: [], task_ids: reference },
          },
        ] as unknown as NewRunEvent[],
        7,
      ),
    )
    const view = foldEvents(
      emptyView,
      logged.flatMap(event => parseRunEvent(JSON.parse(JSON.stringify(event))) ?? []),
    )
    expect(view.steps[1]).toMatchObject({ kind: 'message', ended: true, calls: [] })
    expect(view.steps.at(-1)).toMatchObject({ kind: 'reset', text: 'lost' })
  })

  it('drops what a dead attempt left half done', () => {
    const reset = { reason: 'worker lost', message_ids: ['m'], tool_ids: ['t'], task_ids: [] }
    const view = foldEvents(emptyView, [
      ...story.slice(0, 9),
      ...numbered([{ type: 'attempt.reset', data: reset }], 10),
    ])
    expect(view.steps.map(step => step.kind)).toEqual(['progress', 'reset'])
  })

  it('keeps the words of a task that finished when another is reset', () => {
    const view = foldEvents(
      emptyView,
      numbered([
        { type: 'progress', data: { text: 'kept' }, task_id: 'a' },
        { type: 'progress', data: { text: 'void' }, task_id: 'b' },
        { type: 'attempt.reset', data: { reason: 'again', message_ids: [], tool_ids: [], task_ids: ['b'] } },
      ]),
    )
    expect(view.steps).toMatchObject([{ text: 'kept' }, { kind: 'reset' }])
  })

  it('waits at an interrupt, shown once, and goes on when it is answered', () => {
    const ask: NewRunEvent = { type: 'interrupt', data: { interrupt_id: 'i', value: { action: 'publish' } } }
    const waiting = foldEvents(emptyView, numbered([ask, ask]))
    expect([waiting.status, waiting.steps.length]).toEqual(['interrupted', 1])
    const answer = { interrupt_id: 'i', decision: { approve: true }, approver: 'Ada' }
    const answered = foldEvents(waiting, numbered([{ type: 'interrupt.answered', data: answer }], 3))
    expect([answered.status, answered.steps[0]]).toMatchObject(['running', { answer: { approver: 'Ada' } }])
  })

  it('takes the state of a resync where the events are gone', () => {
    const view = foldEvents(
      foldEvents(emptyView, story.slice(0, 3)),
      numbered([{ type: 'resync', data: { status: 'error', error: 'all models failed' } }], 3),
    )
    expect(view).toMatchObject({ status: 'error', error: 'all models failed' })
  })

  it('ignores a token of a message it never saw begin', () => {
    const view = foldEvents(emptyView, numbered([{ type: 'token', data: { message_id: 'x', text: 'late' } }]))
    expect(view.steps).toEqual([])
  })
})
