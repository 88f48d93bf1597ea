import type { GuardrailChoice, GuardrailId } from '../guardrails.ts'
import type { Condition } from './condition.ts'
import type { Evaluation } from './evaluate.ts'
import type { ArmSpec, Flag, Serve, WorkflowFlag } from './flag.ts'
import { operators } from './operators.ts'
import type { Ramp } from './ramp.ts'

/** Hundredths of a percent as `5 %`, `0.25 %`. */
export const percent = (hundredths: number) => `${Number((hundredths / 100).toFixed(2))} %`

/** How a flag stands, in a few words. */
export function stateWords(flag: Flag): string {
  if (flag.kind === 'value') return flag.state === 'on' ? serveWords(flag.otherwise) : `off: ${flag.offVariant}`
  return flag.state === 'canary' ? `canary at ${percent(flag.share)}` : flag.state
}

export const serveWords = (serve: Serve) =>
  'variant' in serve
    ? serve.variant
    : serve.split.map(({ variant, weight }) => `${variant} ${percent(weight)}`).join(', ')

/** A condition as people would say it. */
export function conditionWords({ attribute, op, values }: Condition): string {
  const list = values.map(String).join(' or ')
  return [attribute, operators[op].label, list].filter(Boolean).join(' ')
}

/** What an arm runs, in words. */
export function armWords({ version, model, prompts, params }: ArmSpec): string {
  const parts = [
    version && `version ${version}`,
    model && `model ${model}`,
    prompts && Object.keys(prompts).length > 0 && `prompt ${Object.keys(prompts).join(', ')}`,
    ...Object.entries(params ?? {}).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
  ].filter(Boolean)
  return parts.length > 0 ? parts.join(', ') : 'the workflow as it is'
}

/** A value that a change of a flag put at a path, as people read it. */
export function valueWords(path: string, value: unknown): string {
  if (/(^|\.)(share|weight)$/.test(path) && typeof value === 'number') return percent(value)
  if (/^guardrails\.\w+\.tolerance$/.test(path) && typeof value === 'number') return `${+(value * 100).toFixed(2)} %`
  if (/^guardrails\.\w+$/.test(path)) return guardrailWords(value as GuardrailChoice[GuardrailId])
  if (typeof value === 'string') return value || '(empty)'
  const given = value as Partial<WorkflowFlag['rules'][number] & Ramp> | null
  if (/^rules\.\d+$/.test(path) && given?.when) return storedRuleWords(given as Flag['rules'][number])
  if (path === 'ramp' && given?.stages)
    return `${given.stages.map(stage => percent(stage.share)).join(', ')} (${given.state ?? 'ready'})`
  return JSON.stringify(value)
}

const guardrailWords = (own: GuardrailChoice[GuardrailId]) =>
  own?.tolerance === undefined ? 'held to, as usual' : `held to, with ${+(own.tolerance * 100).toFixed(2)} % tolerated`

function storedRuleWords({ name, when, serve }: Flag['rules'][number]): string {
  const served = typeof serve === 'string' ? serve : serveWords(serve)
  return `${name ? `${name}: ` : ''}if ${when.map(conditionWords).join(' and ') || 'everyone'}, serve ${served}`
}

/** Why an evaluation came out so, in a sentence. */
export function whyWords({ reason, variant, errorDetails, why = {} }: Evaluation, flag: Flag | undefined): string {
  if (reason === 'ERROR') return `It cannot be decided: ${errorDetails}. The code's own default serves.`
  if (why.aiOff) return `AI is switched off for ${why.aiOff === 'project' ? 'this project' : 'the whole installation'}.`
  if (why.inactive) return inactiveWords(why.inactive, variant ?? '')
  const rule = why.rule === undefined ? undefined : ruleWords(flag, why.rule)
  if (why.bucket !== undefined) return `${rule ? `${rule} ` : ''}${bucketWords(flag, why.bucket, variant ?? '')}`
  if (rule) return rule
  if (reason === 'DISABLED') return 'The flag is off.'
  if (reason === 'STATIC') return 'It is the same for everyone.'
  return 'No rule is met.'
}

function inactiveWords(inactive: NonNullable<NonNullable<Evaluation['why']>['inactive']>, variant: string): string {
  const so = `so ${variant} serves`
  switch (inactive.kind) {
    case 'expired':
      return `The flag expired at ${inactive.at}, ${so}.`
    case 'scheduled':
      return `The flag begins to decide at ${inactive.from}, ${so}.`
    case 'over':
      return `The flag decided until ${inactive.to}, ${so}.`
    case 'prerequisite':
      return `Flag ${inactive.flag} must serve ${inactive.wanted.join(' or ')} and serves ${inactive.got}, ${so}.`
  }
}

function ruleWords(flag: Flag | undefined, at: number): string {
  const rule = flag?.rules[at]
  const conditions = rule?.when.map(conditionWords).join(' and ') || 'everyone'
  return `Rule ${at + 1}${rule?.name ? ` (${rule.name})` : ''} is met: ${conditions}.`
}

function bucketWords(flag: Flag | undefined, bucket: number, variant: string): string {
  const of = `Bucket ${bucket} of 10,000`
  if (flag?.kind !== 'workflow') return `${of} falls to ${variant}.`
  return `${of} ${placeWords(flag, variant)}.`
}

function placeWords({ share }: WorkflowFlag, variant: string): string {
  const from = Math.max(share, 10_000 - share)
  if (variant === 'canary') return `lies in the canary's 0 to ${share - 1}`
  if (variant === 'control') return `lies in the concurrent control's ${from} to 9999`
  return `lies outside of the comparison (canary 0 to ${share - 1}, control ${from} to 9999)`
}
