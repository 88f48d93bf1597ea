import { describe, expect, it } from 'vitest'
import { findDiscard } from '../../../agent-runtime/discard.ts'
import { decideBeginning } from '../../../agent-runtime/resume.ts'
import type { Snapshot } from '../../../agent-runtime/workflow.ts'
import type { NewRunEvent, RunEvent } from '../../../db/domain/run.ts'

const task = (id: string, more: Partial<Snapshot['tasks'][number]> = {}) => ({ id, interrupts: [], ...more })
const snapshot = (tasks: Snapshot['tasks']): Snapshot => ({ values: {}, tasks, createdAt: '2026-11-23' })
const none = new Map<string, unknown>()

describe('an attempt begins', () => {
  it('with the input where there is no checkpoint', () => {
    expect(decideBeginning({ ...snapshot([]), createdAt: undefined }, none)).toEqual({ go: 'begin' })
  })
  it('from where it stood, without the input, where there is one', () => {
    expect(decideBeginning(snapshot([task('a')]), none)).toEqual({ go: 'continue' })
  })
  it('from where it stood, where a step has stored what it wrote and no more', () => {
    expect(decideBeginning(snapshot([task('a', { result: { written: 1 } })]), none)).toEqual({ go: 'continue' })
  })
  it('by asking what it asked before, while nobody has answered', () => {
    const asked = snapshot([task('a', { interrupts: [{ id: 'i1', value: 'publish?' }] })])
    expect(decideBeginning(asked, none)).toEqual({ go: 'ask', questions: [{ interruptId: 'i1', value: 'publish?' }] })
    expect(decideBeginning(asked, new Map([['i0', true]]))).toMatchObject({ go: 'ask' })
  })
  it('by handing over a decision, by the id of its question only', () => {
    const asked = snapshot([task('a', { interrupts: [{ id: 'i1' }] }), task('b', { interrupts: [{ id: 'i2' }] })])
    const decisions = new Map<string, unknown>([
      ['i0', 'old'],
      ['i2', { approve: false }],
    ])
    expect(decideBeginning(asked, decisions)).toEqual({ go: 'deliver', decisions: { i2: { approve: false } } })
  })
  it('at its end, when nothing is left to do', () => {
    expect(decideBeginning(snapshot([]), none)).toEqual({ go: 'finish' })
  })
})

describe('what earlier attempts showed is void', () => {
  let seq = 0
  const at = (event: NewRunEvent): RunEvent =>
    ({ v: 1, run_id: 'r', seq: ++seq, attempt: 1, at: '', trace_id: 't', ...event }) as RunEvent
  const start = (message_id: string, task_id: string) =>
    at({ type: 'message.start', data: { message_id, model: 'm' }, task_id })
  const end = (message_id: string, task_id: string) => at({ type: 'message.end', data: { message_id }, task_id })

  it('where it never ended, or its task is done again', () => {
    const events = [
      start('whole', 'done'),
      end('whole', 'done'),
      start('redone', 'open'),
      end('redone', 'open'),
      start('half', 'open'),
      at({ type: 'tool.start', data: { tool_id: 'kept', name: 'x', arguments: {} }, task_id: 'done' }),
      at({ type: 'tool.end', data: { tool_id: 'kept', name: 'x', outcome: 'ok', result: 1 }, task_id: 'done' }),
      at({ type: 'tool.start', data: { tool_id: 'cut', name: 'x', arguments: {} }, task_id: 'open' }),
    ]
    expect(findDiscard(events, ['open', 'unseen'])).toEqual({
      message_ids: ['redone', 'half'],
      tool_ids: ['cut'],
      task_ids: ['open'],
    })
  })
  it('and is not voided a second time', () => {
    const reset = at({
      type: 'attempt.reset',
      data: { reason: 'worker lost', message_ids: ['half'], tool_ids: [], task_ids: ['open'] },
    })
    expect(findDiscard([start('half', 'open'), reset, start('again', 'open')], ['open']).message_ids).toEqual(['again'])
  })
})
