import { finish } from './finish.ts'
import { parseJson } from './json-records.ts'
import { JsonValues } from './json-values.ts'
import { WireReader, wire } from './wire.ts'

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
  if (!step) return metric(reader, end)
  let count = 0
  while (reader.next(end, step.name)) {
    if (reader.tag !== step.tag) continue
    const { start, stop } = reader
    reader.pos = start
    count += countIn(reader, stop, level + 1)
    reader.pos = stop
  }
  return count
}

/** All fields that a metric has are of one type: those of spans and log records are not. */
function metric(reader: WireReader, end: number): number {
  while (reader.next(end, 'Metric'))
    if (reader.tag < afterLast && (reader.tag & 7) !== wire.bytes)
      throw reader.fault('spans or log records, not metrics,', 'Metric')
  return 1
}

const afterLast = 13 << 3
const jsonPath = ['resourceMetrics', 'scopeMetrics', 'metrics']

/** The same for OTLP's JSON form. */
export const countRecordsJson = (bytes: Buffer): number => finish(countingJson(bytes))

/** The same, with a stop now and then. */
export function* countingJson(bytes: Buffer): Generator<void, number> {
  return new MetricsJson(bytes.length, yield* parseJson(bytes)).countMetrics()
}

class MetricsJson extends JsonValues {
  countMetrics(): number {
    let level: unknown[] = [this.root('resourceMetrics')]
    for (const name of jsonPath) level = level.flatMap(item => childrenOf(item, name))
    return level.length
  }
}

function childrenOf(item: unknown, name: string): unknown[] {
  const found = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined
  return Array.isArray(found) ? found : []
}
