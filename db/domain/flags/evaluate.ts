import { activityOf, type Inactive } from './activity.ts'
import type { WorkflowVariant } from './arm.ts'
import type { Flag, Serve, ValueFlag, WorkflowFlag } from './flag.ts'
import { emptySet, type FlagSet, type LiveFlag } from './flag-set.ts'
import { bucketOf, buckets } from './hash.ts'
import { attributeOf, type Context, matchesAll } from './match.ts'

/** OpenFeature's words. */
export type Reason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'DISABLED' | 'UNKNOWN' | 'ERROR'
export type ErrorCode = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING' | 'INVALID_CONTEXT' | 'PARSE_ERROR' | 'GENERAL'

export type Evaluation = {
  key: string
  /** Undefined only with an error: then the caller's own default serves. */
  value: unknown
  variant?: string
  reason: Reason
  errorCode?: ErrorCode
  errorDetails?: string
  metadata: { flagSetId: string; version: number }
  /** What decided, for people who ask. */
  why?: Why
}
/** The rule that was met (from 0), the unit's bucket, or what keeps the flag from deciding. */
export type Why = { rule?: number; bucket?: number; inactive?: Inactive; aiOff?: 'project' | 'installation' }

type Decided = Pick<Evaluation, 'value' | 'variant' | 'reason' | 'errorCode' | 'errorDetails' | 'why'>

/**
 * What a flag says for a context at a moment. Pure; never throws: a fault is an answer with an error code. `set` holds
 * the segments and other flags that it may ask for.
 */
export function evaluate(
  flag: LiveFlag | undefined,
  context: unknown,
  now: Date,
  set: FlagSet = emptySet(),
): Evaluation {
  return evaluateAmong(flag, context, now, set, [])
}

/** The same by key. */
export function evaluateKey(key: string, context: unknown, now: Date, set: FlagSet): Evaluation {
  return { ...evaluate(set.flags.get(key), context, now, set), key }
}

/** `above` are the keys of the flags that asked for this one. */
function evaluateAmong(
  flag: LiveFlag | undefined,
  context: unknown,
  now: Date,
  set: FlagSet,
  above: string[],
): Evaluation {
  const metadata = { flagSetId: set.id, version: flag?.revision ?? set.version }
  if (!flag) return { key: '', metadata, ...fault('FLAG_NOT_FOUND', 'there is no such flag') }
  const { key } = flag
  try {
    if (!isContext(context)) return { key, metadata, ...fault('INVALID_CONTEXT', 'the context must be an object') }
    if (above.includes(key))
      return { key, metadata, ...fault('GENERAL', `prerequisites go in a circle: ${[...above, key].join(' -> ')}`) }
    const ask: Ask = {
      context,
      set,
      inactive: () =>
        activityOf(flag, now, other => evaluateAmong(set.flags.get(other), context, now, set, [...above, key])),
    }
    return { key, metadata, ...(flag.kind === 'workflow' ? decideWorkflow(flag, ask) : decideValue(flag, ask)) }
  } catch (error) {
    return { key, metadata, ...fault('GENERAL', error instanceof Error ? error.message : String(error)) }
  }
}

type Ask = { context: Context; set: FlagSet; inactive(): Inactive | undefined }

function decideWorkflow(flag: WorkflowFlag, { context, set, inactive }: Ask): Decided {
  if (set.aiOff) return { ...arm('off', 'DISABLED'), why: { aiOff: set.aiOff.scope } }
  if (flag.state === 'off') return arm('off', 'DISABLED')
  const rule = flag.rules.findIndex(({ when }) => matchesAll(when, context, set.segments))
  const serve = flag.rules[rule]?.serve ?? flag.otherwise
  const why: Why = rule < 0 ? {} : { rule }
  // Without a canary a rule can still switch AI off for some, and nothing else.
  if (serve === 'off') return { ...arm('off', 'DISABLED'), why }
  const unmet = flag.rules.length === 0 ? 'STATIC' : 'DEFAULT'
  if (flag.state === 'control') return arm('control', unmet)
  const because = inactive()
  if (because) return { ...arm('default', 'DEFAULT'), why: { inactive: because } }
  if (serve === 'split') return deal(flag, context, rule < 0 ? unmet : 'TARGETING_MATCH', why)
  return { ...arm(serve === 'canary' ? 'preview' : 'default', rule < 0 ? 'DEFAULT' : 'TARGETING_MATCH'), why }
}

/** The canary takes `[0, share)`, the concurrent control as much from the other end, as far as there is room. */
function deal(flag: WorkflowFlag, context: Context, reason: Reason, why: Why): Decided {
  if (flag.share === buckets) return { ...arm('canary', reason), why }
  const bucket = unitBucket(flag, context)
  if (typeof bucket !== 'number') return bucket
  return { ...arm(cohortOf(bucket, flag.share), 'SPLIT'), why: { ...why, bucket } }
}

export function cohortOf(bucket: number, share: number): 'canary' | 'control' | 'default' {
  if (bucket < share) return 'canary'
  return bucket >= Math.max(share, buckets - share) ? 'control' : 'default'
}

const values: Record<WorkflowVariant, string> = {
  off: 'off',
  control: 'control',
  default: 'control',
  canary: 'canary',
  preview: 'canary',
}
const arm = (variant: WorkflowVariant, reason: Reason): Decided => ({ value: values[variant], variant, reason })

function decideValue(flag: ValueFlag, { context, set, inactive }: Ask): Decided {
  if (flag.state === 'off') return variantOf(flag, flag.offVariant, 'DISABLED')
  const because = inactive()
  if (because) return { ...variantOf(flag, flag.offVariant, 'DEFAULT'), why: { inactive: because } }
  for (const [rule, { when, serve }] of flag.rules.entries())
    if (matchesAll(when, context, set.segments)) return served(flag, serve, context, 'TARGETING_MATCH', { rule })
  return served(flag, flag.otherwise, context, flag.rules.length === 0 ? 'STATIC' : 'DEFAULT', {})
}

function served(flag: ValueFlag, serve: Serve, context: Context, reason: Reason, why: Why): Decided {
  if ('variant' in serve) return { ...variantOf(flag, serve.variant, reason), why }
  const bucket = unitBucket(flag, context)
  if (typeof bucket !== 'number') return bucket
  let end = 0
  const part = serve.split.find(({ weight }) => {
    end += weight
    return bucket < end
  })
  return { ...variantOf(flag, part?.variant ?? flag.offVariant, 'SPLIT'), why: { ...why, bucket } }
}

const variantOf = ({ variants }: ValueFlag, variant: string, reason: Reason): Decided =>
  Object.hasOwn(variants, variant)
    ? { value: variants[variant], variant, reason }
    : fault('PARSE_ERROR', `there is no variant ${variant}`)

function unitBucket({ unit, salt }: Pick<Flag, 'unit' | 'salt'>, context: Context): number | Decided {
  const id = attributeOf(context, unit)
  const isId = (typeof id === 'string' && id !== '') || typeof id === 'number'
  return isId ? bucketOf(salt, String(id)) : fault('TARGETING_KEY_MISSING', `the context has no ${unit}`)
}

const fault = (errorCode: ErrorCode, errorDetails: string): Decided => ({
  value: undefined,
  reason: 'ERROR',
  errorCode,
  errorDetails,
})

const isContext = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
