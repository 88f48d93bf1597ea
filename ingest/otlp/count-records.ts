import { jsonFrom } from './json-text.ts'
import { DecodeError } from './request.ts'
import { WireReader } from './wire.ts'

/** Field number 1, 2 and 2 again lead to the metrics of a request: resource, scope, metric. */
const path = [
  { tag: 0x0a, name: 'the request' },
  { tag: 0x12, name: 'a resource' },
  { tag: 0x12, name: 'a scope' },
]

/** How many metrics an OTLP request holds. Throws DecodeError when it cannot be read. */
export function countRecords(bytes: Buffer): number {
  return countIn(new WireReader(bytes), bytes.length, 0)
}

function countIn(reader: WireReader, end: number, level: number): number {
  const step = path[level]
  if (!step) return 1
  let count = 0
  while (reader.next(end, step.name)) {
    if (reader.tag !== step.tag) continue
    if (level === path.length - 1) {
      count += 1
      continue
    }
    const { start, stop } = reader
    reader.pos = start
    count += countIn(reader, stop, level + 1)
    reader.pos = stop
  }
  return count
}

const jsonPath = ['resourceMetrics', 'scopeMetrics', 'metrics']

/** The same for OTLP's JSON form. */
export function countRecordsJson(bytes: Buffer): number {
  const root = jsonFrom(bytes)
  if (typeof root !== 'object' || root === null || Array.isArray(root))
    throw new DecodeError(`cannot decode OTLP request of ${bytes.length} bytes: the request is not an object`)
  let level: unknown[] = [root]
  for (const name of jsonPath) level = level.flatMap(item => childrenOf(item, name))
  return level.length
}

function childrenOf(item: unknown, name: string): unknown[] {
  const found = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined
  return Array.isArray(found) ? found : []
}
