import type { Text } from '../../db/byte-writer.ts'
import type { AttributeList } from '../otlp/attributes.ts'
import { text } from './values.ts'

/** What a column of long texts gets, and the attributes it came from. */
export type Payload = { text: Text; taken: readonly string[] }

export const noPayload: Payload = { text: '', taken: [] }

/** An attribute as a payload, undefined when it holds nothing: a long text stays the bytes it came as. */
export function payloadAt(list: AttributeList, key: string): Payload | undefined {
  const at = list.placeOf(key)
  if (at < 0) return undefined
  const value = list.longTextAt(at) ?? text(list.valueAt(at))
  return value === '' ? undefined : { text: value, taken: [key] }
}

/** The first of these attributes that holds more than nothing. */
export function firstPayload(list: AttributeList, keys: readonly string[]): Payload | undefined {
  for (const key of keys) {
    const payload = payloadAt(list, key)
    if (payload) return payload
  }
  return undefined
}
