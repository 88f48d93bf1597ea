import { hiddenValue, type Redactor } from '../db/domain/redaction/redactor.ts'
import { mayBeKept } from './logs-events.ts'
import { jsonText } from './otlp/json-of-value.ts'
import type { OtlpLog, OtlpResourceLogs } from './otlp/log-request.ts'
import type { AttributeValue } from './otlp/request.ts'
import { turn } from './turns.ts'

/** So many records are searched in one go; then others have their turn. */
const atOnce = 16

/** Replaces what a project never stores in the records that may be kept, before anything is read from them. */
export async function redactLogsInTurns(resources: OtlpResourceLogs[], redactor: Redactor) {
  let searched = 0
  for (const { scopes } of resources)
    for (const { logs } of scopes)
      for (const log of logs) {
        if (!mayBeKept(log)) continue
        redactLog(log, redactor)
        searched += 1
        if (searched % atOnce === 0) await turn()
      }
}

function redactLog(log: OtlpLog, redactor: Redactor) {
  const fields = (given: Iterable<[string, AttributeValue]>) => {
    const shown = new Map<string, AttributeValue>()
    for (const [key, value] of given) shown.set(key, redactField(key, value, redactor))
    return shown
  }
  log.attributes = fields(log.attributes)
  log.body = log.body instanceof Map ? fields(log.body) : redactField('body', log.body, redactor)
}

/** What tells which variant of a flag was served joins rows, and stays. */
const joins = /^feature_flag\.(?:key|variant|result\.(?:variant|value|reason))$/

function redactField(key: string, value: AttributeValue, redactor: Redactor): AttributeValue {
  if (redactor.hides(key)) return value === null ? null : hiddenValue
  return joins.test(key) ? value : redactValue(value, redactor)
}

/** A value with what is found in its texts, keys and numbers replaced. */
function redactValue(value: AttributeValue, redactor: Redactor): AttributeValue {
  if (typeof value === 'string') return redactor.text(value)
  if (typeof value === 'number' || typeof value === 'bigint') {
    const json = jsonText(value)
    const redacted = redactor.json(json)
    return redacted === json ? value : (JSON.parse(redacted) as string)
  }
  if (Array.isArray(value)) return value.map(item => redactValue(item, redactor))
  if (!(value instanceof Map)) return value
  const shown = new Map<string, AttributeValue>()
  for (const [key, item] of value) {
    let name = redactor.text(key)
    while (shown.has(name)) name += ' +'
    shown.set(name, redactValue(item, redactor))
  }
  return shown
}
