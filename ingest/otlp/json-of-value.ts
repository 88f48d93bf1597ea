import type { AttributeValue } from './attributes.ts'

/**
 * The JSON text of a value, by which an attribute keeps its type: bytes as OTLP writes them, integers of 64 bits in all
 * digits, numbers that JSON has no word for as texts.
 */
export function jsonText(value: AttributeValue): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return value.toString()
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'boolean':
      return value ? 'true' : 'false'
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (value instanceof Map) return mapText(value)
  return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`
}

function mapText(map: ReadonlyMap<string, AttributeValue>): string {
  const pairs: string[] = []
  for (const [key, value] of map) pairs.push(`${JSON.stringify(key)}:${jsonText(value)}`)
  return `{${pairs.join(',')}}`
}
