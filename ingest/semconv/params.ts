import { jsonText } from '../otlp/json-of-value.ts'
import type { Attributes, AttributeValue } from '../otlp/request.ts'
import type { FoundColumns } from './find-columns.ts'
import { noPayload, type Payload, payloadAt } from './payload.ts'

const prefixes = ['gen_ai.request.', 'ai.settings.']
const requestedModel = 'gen_ai.request.model'

/** Whether an attribute is a parameter of the request; the model has a column of its own. */
export const isParam = (key: string) => key !== requestedModel && prefixes.some(prefix => key.startsWith(prefix))

/** Request parameters as one JSON object: each `gen_ai.request.*` but the model, or what a convention keeps together. */
export function paramsOf(attributes: Attributes, found: FoundColumns): Payload {
  if (found.params.size === 0 && found.key('params') === undefined) return noPayload
  for (const prefix of prefixes) {
    const taken: string[] = []
    let text = ''
    for (let index = 0; index < found.params.size; index++) {
      const key = found.params.at(index)
      if (!key.startsWith(prefix)) continue
      taken.push(key)
      text += `${text && ','}${JSON.stringify(key.slice(prefix.length))}:${jsonText(attributes.get(key) as AttributeValue)}`
    }
    if (taken.length > 0) return { text: `{${text}}`, taken }
  }
  const key = found.key('params')
  return (key !== undefined && payloadAt(found.list, key)) || { text: '', taken: key === undefined ? [] : [key] }
}
