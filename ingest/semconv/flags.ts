import type { AttributeValue, OtlpSpan } from '../otlp/request.ts'
import type { KeyList } from './find-columns.ts'
import { fromJson, text } from './values.ts'

const prefix = 'feature_flag.'
/** Where libraries put what they are told of a trace: flags may stand there under their own names. */
const metadata = new Set([
  '',
  'metadata.',
  'traceloop.association.properties.',
  'ai.telemetry.metadata.',
  'langfuse.observation.metadata.',
  'langfuse.trace.metadata.',
  'langsmith.metadata.',
])
/** Names under feature_flag that are not keys of flags. */
const reserved = new Set(['key', 'variant', 'version', 'provider_name'])
const reservedParents = new Set(['provider', 'result', 'context', 'set', 'error', 'evaluation'])

export type Flags = Record<string, string>
const noFlags = { flags: Object.freeze(Object.create(null) as Flags), taken: [] }
type Lookup = { get(key: string): AttributeValue | undefined }

/** Whether an attribute of this name may tell of a flag. */
export function tellsOfFlag(key: string): boolean {
  const at = key.indexOf(prefix)
  return at !== -1 && metadata.has(key.slice(0, at))
}

/**
 * Flag key -> variant, as a span says them: `feature_flag.key` with its variant, `feature_flag.<key>` = variant, either
 * also among a library's metadata, or events of flag evaluations. `keys` are those that tell of a flag, `taken` those
 * used.
 */
export function flagsOf(span: OtlpSpan, keys: KeyList): { flags: Readonly<Flags>; taken: readonly string[] } {
  if (keys.size === 0 && span.events.length === 0 && !span.attributes.has('metadata')) return noFlags
  const flags: Flags = Object.create(null)
  const taken: string[] = []
  for (const event of span.events) if (isEvaluation(event.name)) evaluated(event.attributes, flags)
  for (let index = 0; index < keys.size; index++) {
    const key = keys.at(index)
    const at = key.indexOf(prefix)
    const flag = key.slice(at + prefix.length)
    if (flag === 'key') taken.push(...evaluated(span.attributes, flags, key.slice(0, at)))
    else if (flag !== '' && !isReserved(flag)) {
      flags[flag] = text(span.attributes.get(key))
      taken.push(key)
    }
  }
  inJson(span.attributes.get('metadata'), flags)
  return { flags, taken }
}

export const isEvaluation = (event: string) => event === 'feature_flag.evaluation' || event === 'feature_flag'

/** Notes the flag that `feature_flag.key` names with its variant; the keys that told them. */
export function evaluated(attributes: Lookup, flags: Flags, within = ''): string[] {
  const flag = text(attributes.get(`${within}feature_flag.key`))
  // An evaluation that failed served the code's default: nobody was exposed to a variant.
  const failed = text(attributes.get(`${within}feature_flag.result.reason`)).toLowerCase() === 'error'
  if (flag === '' || failed) return []
  for (const name of ['feature_flag.result.variant', 'feature_flag.variant', 'feature_flag.result.value']) {
    const variant = text(attributes.get(within + name))
    if (variant === '') continue
    flags[flag] = variant
    return [`${within}feature_flag.key`, within + name]
  }
  return []
}

function isReserved(flag: string) {
  const dot = flag.indexOf('.')
  return dot === -1 ? reserved.has(flag) : reservedParents.has(flag.slice(0, dot))
}

const isVariant = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)

/** OpenInference keeps all metadata in one JSON text. */
function inJson(value: AttributeValue | undefined, flags: Flags) {
  const told = text(value)
  const parsed = told.includes('"feature_flag.') ? fromJson(told) : undefined
  if (typeof parsed !== 'object' || parsed === null) return
  const fields = new Map(Object.entries(parsed) as [string, AttributeValue][])
  evaluated(fields, flags)
  for (const [key, variant] of fields) {
    const flag = key.startsWith(prefix) ? key.slice(prefix.length) : ''
    if (flag !== '' && !isReserved(flag) && isVariant(variant)) flags[flag] = String(variant)
  }
}
