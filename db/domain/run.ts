import { z } from 'zod'

export const runStatuses = ['queued', 'running', 'interrupted', 'done', 'error', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]

export const terminalTypes = ['done', 'error', 'cancelled'] as const
export type TerminalType = (typeof terminalTypes)[number]

const text = z.string()
const optional = z.string().optional()
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), estimated: z.boolean().optional() })
const toolCall = z.object({ id: optional, name: text, arguments: z.unknown() })

/** What `data` holds, by type of event. A value too large for an event stands as a `Reference` in its place. */
export const runEventData = {
  queued: z.object({ workflow: text, version: text, input: z.unknown() }),
  started: z.object({ worker: text, served_by: z.enum(['ai', 'deterministic']), served_reason: optional }),
  /** A new attempt begins; what the listed messages, tool calls and tasks showed is void. */
  'attempt.reset': z.object({
    reason: text,
    message_ids: z.array(text),
    tool_ids: z.array(text),
    task_ids: z.array(text),
  }),
  /** `tool` is the tool inside which a model is called, if any. */
  'message.start': z.object({ message_id: text, model: text, tool: optional }),
  token: z.object({ message_id: text, text }),
  'message.end': z.object({
    message_id: text,
    model: optional,
    tool_calls: z.array(toolCall).optional(),
    usage: usage.optional(),
    error: optional,
  }),
  'tool.start': z.object({ tool_id: text, name: text, arguments: z.unknown() }),
  'tool.progress': z.object({ tool_id: text, text }),
  'tool.end': z.object({ tool_id: text, name: text, outcome: z.enum(['ok', 'empty']), result: z.unknown() }),
  'tool.error': z.object({ tool_id: text, name: text, message: text }),
  progress: z.object({ text, count: z.number().optional() }),
  'model.fallback': z.object({ from: text, to: text, reason: text }),
  interrupt: z.object({ interrupt_id: text, value: z.unknown() }),
  'interrupt.answered': z.object({ interrupt_id: text, decision: z.unknown(), approver: text.nullable() }),
  warning: z.object({ code: text, message: text }),
  /** Made for one reader whose cursor lies before what is kept: the run as it is now. */
  resync: z.object({ status: z.enum(runStatuses), result: z.unknown().optional(), error: text.nullish() }),
  done: z.object({
    result: z.unknown(),
    served_by: z.enum(['ai', 'deterministic']),
    served_reason: optional,
    usage: usage.partial().optional(),
  }),
  error: z.object({ message: text, code: text }),
  cancelled: z.object({ reason: text }),
} as const

export type RunEventType = keyof typeof runEventData
export const runEventTypes = Object.keys(runEventData) as [RunEventType, ...RunEventType[]]

/** Stands for a value over 16 KB: how it begins, how long it is, and where the whole of it is to be found. */
export const reference = z.object({ preview: text, bytes: z.number(), truncated: z.literal(true), see: text })
export type Reference = z.infer<typeof reference>

const envelope = {
  v: z.literal(1),
  run_id: text,
  /** Dense, 1..n for each run, across attempts and workers. */
  seq: z.number().int(),
  attempt: z.number().int(),
  at: z.iso.datetime(),
  trace_id: text,
  span_id: optional,
  node: optional,
  task_id: optional,
}

/** An event as it is stored and streamed; `data` was checked against its type when it was written. */
export const runEvent = z.object({ ...envelope, type: z.enum(runEventTypes), data: z.record(text, z.unknown()) })

type Envelope = Omit<z.infer<typeof runEvent>, 'type' | 'data'>
export type RunEventOf<T extends RunEventType> = Envelope & { type: T; data: z.infer<(typeof runEventData)[T]> }
export type RunEvent = { [T in RunEventType]: RunEventOf<T> }[RunEventType]

/** An event before the log gave it its number. */
export type NewRunEvent = {
  [T in RunEventType]: {
    type: T
    data: z.infer<(typeof runEventData)[T]>
    /** When it is written, unless told. */
    at?: string
    span_id?: string
    node?: string
    task_id?: string
  }
}[RunEventType]

export const isTerminal = (type: string): type is TerminalType => terminalTypes.some(terminal => terminal === type)

/** An event of any source (log, archive, wire) as its type says; undefined when it is none of ours. */
export function parseRunEvent(value: unknown): RunEvent | undefined {
  const parsed = runEvent.safeParse(value)
  if (!parsed.success) return undefined
  const { data } = parsed.data
  // Logs of before have a reference in the place of a list that was long: what was in it is not known any more.
  for (const list of lists) if (list in data && !Array.isArray(data[list])) data[list] = []
  return parsed.data as RunEvent
}

const lists = ['tool_calls', 'message_ids', 'tool_ids', 'task_ids']

const largestValue = 16 * 1024
const previewLength = 2 * 1024

/**
 * An event's data with what is over 16 KB made smaller, so that it stays what the event's type says: for a value that may
 * be anything stands a reference, whose `see` says where the whole is; a text is cut, and says so; lists stay whole.
 */
export function fitData<T extends RunEventType>(
  type: T,
  data: RunEventOf<T>['data'],
  see: string,
): RunEventOf<T>['data'] {
  const shape: Record<string, unknown> = runEventData[type].shape
  const fitted = Object.entries(data).map(([key, value]) => {
    if (shape[key] instanceof z.ZodUnknown) return [key, fitValue(value, see)]
    if (key === 'tool_calls')
      return [
        key,
        z
          .array(toolCall)
          .parse(value)
          .map(call => fitCall(call, see)),
      ]
    return [key, typeof value === 'string' ? fitText(value, see) : value]
  })
  return Object.fromEntries(fitted)
}

const fitCall = (call: z.infer<typeof toolCall>, see: string) => ({ ...call, arguments: fitValue(call.arguments, see) })

const fitText = (value: string, see: string) =>
  value.length <= largestValue ? value : `${value.slice(0, previewLength)}… [${value.length} characters: see ${see}]`

function fitValue(value: unknown, see: string): unknown {
  const json = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  if (json.length <= largestValue) return value
  return { preview: json.slice(0, previewLength), bytes: json.length, truncated: true, see } satisfies Reference
}
