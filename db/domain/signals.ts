import { z } from 'zod'

export const signalKinds = [
  'thumbs',
  'rating',
  'copy',
  'edit',
  'regenerate',
  'abandon',
  'accept',
  'action',
  'completion',
  'comment',
] as const
export type SignalKind = (typeof signalKinds)[number]
export type Polarity = -1 | 0 | 1

/** Where a project draws the lines between bad, neutral and good. */
export type Thresholds = {
  ratingNegativeBelow: number
  ratingPositiveAbove: number
  editPositiveUpTo: number
  editNegativeAbove: number
}

/** Texts of an edit are compared letter by letter, so they are bounded. */
export const maxEditLength = 20_000

/** A text may be cut within a letter, and no store takes the half of one. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .overwrite(words => words.toWellFormed())
const name = text(200)
  .min(1)
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')

/** One signal as it is sent. */
export const signalInput = z
  .object({
    id: name.optional(),
    trace_id: z
      .string()
      .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal digits')
      .transform(id => id.toLowerCase())
      .optional(),
    run_id: name.optional(),
    span_id: z
      .string()
      .regex(/^[0-9a-fA-F]{16}$/, 'must be 16 hexadecimal digits')
      .transform(id => id.toLowerCase())
      .optional(),
    session_id: name.optional(),
    user_id: name.optional(),
    kind: z.enum(signalKinds),
    value: z.number().nullish(),
    original: text(maxEditLength).optional(),
    edited: text(maxEditLength).optional(),
    action: name.optional(),
    comment: text(10_000).optional(),
    labels: z
      .record(name, text(500))
      .refine(labels => Object.keys(labels).length <= 50, 'must be at most 50')
      .optional(),
    at: z
      .union([z.iso.datetime({ offset: true }).transform(at => new Date(at)), z.int().transform(ms => new Date(ms))])
      .optional(),
    source: name.optional(),
  })
  .superRefine((signal, context) => {
    const fault = valueFault(signal)
    if (fault) context.addIssue({ code: 'custom', ...fault })
  })
export type SignalInput = z.output<typeof signalInput>

type Said = { kind: string; value: number | null; action: string; comment: string; labels: Record<string, string> }

/** Whether a signal only repeats one with its id, and corrects nothing. */
export function saysTheSame(a: Said, b: Said): boolean {
  const labels = ({ labels }: Said) => JSON.stringify(Object.entries(labels).sort())
  return (
    a.kind === b.kind &&
    a.value === b.value &&
    a.action === b.action &&
    a.comment === b.comment &&
    labels(a) === labels(b)
  )
}

type Given = { kind: SignalKind; value?: number | null; original?: string; edited?: string; comment?: string }

function valueFault({
  kind,
  value,
  original,
  edited,
  comment,
}: Given): { path: string[]; message: string } | undefined {
  const at = (path: string, message: string) => ({ path: [path], message })
  const given = value ?? undefined
  switch (kind) {
    case 'thumbs':
      return given === 1 || given === -1 ? undefined : at('value', 'must be 1 or -1')
    case 'completion':
      return given === 1 || given === 0 ? undefined : at('value', 'must be 1 or 0')
    case 'rating':
      return isShare(given) ? undefined : at('value', 'must be from 0 to 1')
    case 'edit':
      if (original !== undefined && edited !== undefined && given === undefined) return undefined
      return isShare(given) ? undefined : at('value', 'must be from 0 to 1, or give both texts: original and edited')
    case 'comment':
      return comment ? undefined : at('comment', 'must hold the words')
    default:
      return given === undefined ? undefined : at('value', `must be left out: ${kind} has none`)
  }
}

const isShare = (value: number | undefined) => value !== undefined && value >= 0 && value <= 1

/** Whether a signal speaks for or against the trace. `value` is null where the kind has none. */
export function polarityOf(kind: SignalKind, value: number | null, lines: Thresholds): Polarity {
  switch (kind) {
    case 'thumbs':
      return value === null || value === 0 ? 0 : value > 0 ? 1 : -1
    case 'rating':
      return value === null ? 0 : value < lines.ratingNegativeBelow ? -1 : value > lines.ratingPositiveAbove ? 1 : 0
    case 'edit':
      return value === null ? 0 : value <= lines.editPositiveUpTo ? 1 : value > lines.editNegativeAbove ? -1 : 0
    case 'copy':
    case 'accept':
    case 'action':
      return 1
    case 'regenerate':
    case 'abandon':
      return -1
    case 'completion':
    case 'comment':
      return 0
  }
}
