import type { RunEvent, RunEventOf, RunStatus } from '../../../db/domain/run.ts'

type Usage = { input_tokens?: number; output_tokens?: number; estimated?: boolean }
type ToolCall = { name: string; arguments: unknown }

export type MessageStep = {
  kind: 'message'
  id: string
  model: string
  tool?: string
  text: string
  ended: boolean
  calls: ToolCall[]
  usage?: Usage
  error?: string
}
export type ToolStep = {
  kind: 'tool'
  id: string
  name: string
  args: unknown
  notes: string[]
  outcome?: 'ok' | 'empty' | 'error'
  result?: unknown
  message?: string
  startedAt: string
  endedAt?: string
}
export type InterruptStep = {
  kind: 'interrupt'
  id: string
  value: unknown
  at: string
  answer?: { decision: unknown; approver: string | null }
}
export type NoteStep = { kind: 'progress' | 'fallback' | 'warning' | 'reset'; id: string; text: string; at: string }
export type Step = (MessageStep | ToolStep | InterruptStep | NoteStep) & { taskId?: string }

/** A run as its events tell it so far. */
export type RunView = {
  status: RunStatus
  /** Of the last event folded in; the stream goes on after it. */
  seq: number
  steps: Step[]
  servedBy?: 'ai' | 'deterministic'
  servedReason?: string
  result?: unknown
  error?: string
  usage?: Usage
}

export const emptyView: RunView = { status: 'queued', seq: 0, steps: [] }

export const hasEnded = (status: RunStatus) => status === 'done' || status === 'error' || status === 'cancelled'

/** Folds events into the view, in order; events already folded in are skipped, so a replay changes nothing. */
export function foldEvents(view: RunView, events: Iterable<RunEvent>): RunView {
  let now = view
  for (const event of events) {
    if (event.seq <= now.seq && event.type !== 'resync') continue
    now = { ...fold(now, event), seq: Math.max(now.seq, event.seq) }
  }
  return now
}

function fold(view: RunView, event: RunEvent): RunView {
  switch (event.type) {
    case 'queued':
      return { ...view, status: 'queued' }
    case 'started':
      return { ...view, status: 'running', servedBy: event.data.served_by, servedReason: event.data.served_reason }
    case 'attempt.reset':
      return reset(view, event)
    case 'message.start':
    case 'token':
    case 'message.end':
      return { ...view, steps: foldMessage(view.steps, event) }
    case 'tool.start':
    case 'tool.progress':
    case 'tool.end':
    case 'tool.error':
      return { ...view, steps: foldTool(view.steps, event) }
    case 'progress':
      return note(view, event, 'progress', event.data.text)
    case 'model.fallback':
      return note(view, event, 'fallback', `${event.data.from} → ${event.data.to}: ${event.data.reason}`)
    case 'warning':
      return note(view, event, 'warning', event.data.message)
    case 'interrupt':
      return addInterrupt(view, event)
    case 'interrupt.answered':
      return {
        ...view,
        status: 'running',
        steps: patch(view.steps, 'interrupt', event.data.interrupt_id, { answer: event.data }),
      }
    case 'resync':
      return { ...view, status: event.data.status, result: event.data.result, error: event.data.error ?? undefined }
    case 'done': {
      const { result, served_by: servedBy, served_reason: servedReason, usage } = event.data
      return { ...view, status: 'done', result, servedBy, servedReason: servedReason ?? view.servedReason, usage }
    }
    case 'error':
      return { ...view, status: 'error', error: event.data.message }
    case 'cancelled':
      return { ...view, status: 'cancelled', error: event.data.reason }
  }
}

type MessageEvent = RunEventOf<'message.start'> | RunEventOf<'token'> | RunEventOf<'message.end'>

function foldMessage(steps: Step[], event: MessageEvent): Step[] {
  const id = event.data.message_id
  if (event.type === 'message.start') {
    const { model, tool } = event.data
    return [...steps, { kind: 'message', id, model, tool, text: '', ended: false, calls: [], taskId: event.task_id }]
  }
  if (event.type === 'token') {
    const { text } = event.data
    return change(steps, 'message', id, step => ({ ...step, text: step.text + text }))
  }
  const { tool_calls: calls = [], usage, error } = event.data
  return change(steps, 'message', id, step => ({
    ...step,
    model: event.data.model ?? step.model,
    ended: true,
    calls,
    usage,
    error,
  }))
}

type ToolEvent =
  | RunEventOf<'tool.start'>
  | RunEventOf<'tool.progress'>
  | RunEventOf<'tool.end'>
  | RunEventOf<'tool.error'>

function foldTool(steps: Step[], event: ToolEvent): Step[] {
  const id = event.data.tool_id
  if (event.type === 'tool.start') {
    const { name, arguments: args } = event.data
    return [...steps, { kind: 'tool', id, name, args, notes: [], startedAt: event.at, taskId: event.task_id }]
  }
  if (event.type === 'tool.progress') {
    const { text } = event.data
    return change(steps, 'tool', id, step => ({ ...step, notes: [...step.notes, text] }))
  }
  if (event.type === 'tool.end') {
    const { outcome, result } = event.data
    return patch(steps, 'tool', id, { outcome, result, endedAt: event.at })
  }
  return patch(steps, 'tool', id, { outcome: 'error', message: event.data.message, endedAt: event.at })
}

function addInterrupt(view: RunView, event: RunEventOf<'interrupt'>): RunView {
  const { interrupt_id: id, value } = event.data
  const known = view.steps.some(step => step.kind === 'interrupt' && step.id === id)
  const steps: Step[] = known
    ? view.steps
    : [...view.steps, { kind: 'interrupt', id, value, at: event.at, taskId: event.task_id }]
  return { ...view, status: 'interrupted', steps }
}

/** A new attempt: what the dead one left half done is void. */
function reset(view: RunView, event: RunEventOf<'attempt.reset'>): RunView {
  const { message_ids, tool_ids, task_ids, reason } = event.data
  const isVoid = (step: Step) =>
    (step.kind === 'message' && message_ids.includes(step.id)) ||
    (step.kind === 'tool' && tool_ids.includes(step.id)) ||
    (step.kind !== 'interrupt' && step.taskId !== undefined && task_ids.includes(step.taskId))
  return note({ ...view, steps: view.steps.filter(step => !isVoid(step)) }, event, 'reset', reason)
}

function note(view: RunView, event: RunEvent, kind: NoteStep['kind'], text: string): RunView {
  const step: Step = { kind, id: `${kind}-${event.seq}`, text, at: event.at, taskId: event.task_id }
  return { ...view, steps: [...view.steps, step] }
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>

function change<K extends Step['kind']>(
  steps: Step[],
  kind: K,
  id: string,
  to: (step: StepOf<K>) => StepOf<K>,
): Step[] {
  const at = steps.findLastIndex(step => step.kind === kind && step.id === id)
  return at < 0 ? steps : steps.with(at, to(steps[at] as StepOf<K>))
}

const patch = <K extends Step['kind']>(steps: Step[], kind: K, id: string, values: Partial<StepOf<K>>) =>
  change(steps, kind, id, step => ({ ...step, ...values }))
