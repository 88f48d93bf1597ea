import { z } from 'zod'
import { guardrailChoice, usualChoice } from '../guardrails.ts'
import { arms } from './arm.ts'
import { condition } from './condition.ts'
import { buckets } from './hash.ts'
import { itemKey, variantName } from './key.ts'
import { ramp } from './ramp.ts'

const moment = z.iso.datetime({ offset: true, message: 'must be a date with time and zone, as 2027-01-31T09:00:00Z' })
/** A share in steps of 0.01 %: 1 to 10,000. */
export const share = z.int('must be a whole number of hundredths of a percent').min(1).max(buckets)
const conditions = z.array(condition).max(20)
const ruleName = z.string().max(200).default('')

const common = {
  key: itemKey,
  description: z.string().max(2000).default(''),
  /** Client keys, which stand in pages, may evaluate it. */
  public: z.boolean().default(false),
  /** Whose arm it is: the targeting key (the user), or an attribute such as a tenant. */
  unit: z.string().min(1).max(200).default('targetingKey'),
  /** Changing it deals the buckets anew. */
  salt: z.string().min(1).max(100),
  /** Other flags that must serve one of the variants, else this one serves what it serves when nothing is decided. */
  prerequisites: z
    .array(z.strictObject({ flag: itemKey, variants: z.array(variantName).min(1, 'must name a variant').max(20) }))
    .max(10)
    .default([]),
  /** Outside of it nothing is decided: no canary, no rules, no split. */
  schedule: z.strictObject({ from: moment.optional(), to: moment.optional() }).default({}),
  /** From then on nothing is decided either, and the flag asks to be removed. */
  expiresAt: moment.optional(),
}

/** What an arm runs: where it says nothing, what the workflow itself says. */
export const armSpec = z.strictObject({
  version: z.string().min(1).max(100).optional(),
  /** `provider/model`, pinned. */
  model: z.string().min(1).max(200).optional(),
  prompts: z.record(z.string().max(100), z.string().max(100_000)).optional(),
  params: z.record(z.string().max(100), z.json()).optional(),
})
export type ArmSpec = z.infer<typeof armSpec>

export const workflowFlag = z.strictObject({
  kind: z.literal('workflow'),
  ...common,
  state: z.enum(arms).default('control'),
  /** Of the canary; the concurrent control has as much, as far as there is room. */
  share: share.default(100),
  control: armSpec.default({}),
  canary: armSpec.default({}),
  /** The first whose conditions all hold decides; `split` is into the comparison. */
  rules: z
    .array(z.strictObject({ name: ruleName, when: conditions, serve: z.enum([...arms, 'split']) }))
    .max(50)
    .default([]),
  /** Those whom no rule meets. */
  otherwise: z.enum(['split', 'control']).default('split'),
  /** How long an arm is kept: for the run, or for the session's later runs too. */
  pin: z.enum(['run', 'session']).default('run'),
  /** What `off` does with runs at work: they finish, or their model calls stop now and they are served without a model. */
  whenOff: z.enum(['finish', 'stop']).default('stop'),
  ramp: ramp.optional(),
  /** What the canary must not make worse. */
  guardrails: guardrailChoice.default(usualChoice),
  /** When the present comparison began: the canary was switched on, or either arm changed. Set by who saves. */
  since: moment.optional(),
})
export type WorkflowFlag = z.infer<typeof workflowFlag>

export const valueTypes = ['boolean', 'string', 'number', 'object'] as const
export type ValueType = (typeof valueTypes)[number]

const split = z
  .array(z.strictObject({ variant: variantName, weight: z.int().min(0).max(buckets) }))
  .min(1)
  .max(50)
  .refine(parts => parts.reduce((sum, { weight }) => sum + weight, 0) === buckets, 'must add up to 100 %')
/** One variant, or several by shares: users are dealt from the first on, so a growing first share only adds users. */
const serve = z.union([z.strictObject({ variant: variantName }), z.strictObject({ split })])
export type Serve = z.infer<typeof serve>

export const valueFlag = z
  .strictObject({
    kind: z.literal('value'),
    ...common,
    type: z.enum(valueTypes),
    state: z.enum(['on', 'off']).default('off'),
    variants: z.record(variantName, z.json()).refine(all => Object.keys(all).length > 0, 'must hold a variant'),
    /** What is served while it is off, and when nothing is decided. */
    offVariant: variantName,
    rules: z
      .array(z.strictObject({ name: ruleName, when: conditions, serve }))
      .max(50)
      .default([]),
    otherwise: serve,
  })
  .superRefine((flag, context) => {
    for (const { path, message } of variantFaults(flag)) context.addIssue({ code: 'custom', path, message })
  })
export type ValueFlag = z.infer<typeof valueFlag>

export const flag = z.discriminatedUnion('kind', [workflowFlag, valueFlag])
export type Flag = z.infer<typeof flag>

type Fault = { path: (string | number)[]; message: string }

/** Values of another type than the flag's, and names of variants that are not there. */
function variantFaults({ type, variants, offVariant, rules, otherwise }: ValueFlag): Fault[] {
  const named: [(string | number)[], string][] = [
    [['offVariant'], offVariant],
    ...namesIn(['otherwise'], otherwise),
    ...rules.flatMap((rule, at) => namesIn(['rules', at, 'serve'], rule.serve)),
  ]
  return [
    ...Object.entries(variants)
      .filter(([, value]) => typeOf(value) !== type)
      .map(([name]) => ({ path: ['variants', name], message: `must be of type ${type}` })),
    ...named
      .filter(([, name]) => !Object.hasOwn(variants, name))
      .map(([path, name]) => ({ path, message: `there is no variant ${name}` })),
  ]
}

const namesIn = (path: (string | number)[], served: Serve): [(string | number)[], string][] =>
  'variant' in served
    ? [[[...path, 'variant'], served.variant]]
    : served.split.map(({ variant }, at) => [[...path, 'split', at, 'variant'], variant])

const typeOf = (value: unknown) => (value === null || typeof value === 'object' ? 'object' : typeof value)
