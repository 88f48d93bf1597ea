import { jsonText } from '../otlp/json-of-value.ts'
import type { Attributes, AttributeValue } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { type Payload, payloadAt } from './payload.ts'

const prefixes = ['gen_ai.request.', 'ai.settings.']
const requestedModel = 'gen_ai.request.model'

/** Whether an attribute is a parameter of the request; the model has a column of its own. */
export const isParam = (key: string) => key !== requestedModel && prefixes.some(prefix => key.startsWith(prefix))

/** Request parameters as one JSON object: each `gen_ai.request.*` but the model, or what a convention keeps together. */
export function paramsOf(attributes: Attributes, found: FoundColumns): Payload {
  for (const prefix of prefixes) {
    const taken = found.params.filter(key => key.startsWith(prefix))
    if (taken.length === 0) continue
    const params = new Map(taken.map(key => [key.slice(prefix.length), attributes.get(key) as AttributeValue]))
    return { text: jsonText(params), taken }
  }
  const key = found.key('params')
  return (key !== undefined && payloadAt(found.list, key)) || { text: '', taken: key === undefined ? [] : [key] }
}
