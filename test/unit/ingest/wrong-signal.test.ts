import { describe, expect, it } from 'vitest'
import { countRecords, countRecordsJson } from '../../../ingest/otlp/count-records.ts'
import { decodeTracesJson } from '../../../ingest/otlp/json.ts'
import { decodeLogsJson } from '../../../ingest/otlp/logs-json.ts'
import { decodeLogs } from '../../../ingest/otlp/logs-protobuf.ts'
import { decodeTraces } from '../../../ingest/otlp/protobuf.ts'
import { DecodeError } from '../../../ingest/otlp/request.ts'
import { idFault } from '../../../ingest/otlp/span-ids.ts'
import { seeds } from '../../ingest/fuzz/seeds.ts'

const field = (number: number, ...parts: (Buffer | string)[]) => {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)))
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body])
}
const request = (record: Buffer) => field(1, field(1), field(2, field(1, field(1, 'scope')), field(2, record)))
const gauge = field(5, field(1, Buffer.from([0x19, 1, 2, 3, 4, 5, 6, 7, 8])))
const metric = Buffer.concat([field(1, 'http.server.duration'), field(2, 'How long'), field(3, 'ms'), gauge])
const unknownField = Buffer.concat([field(14, 'later'), Buffer.from([0x78, 1]), Buffer.from([0x85, 0x01, 1, 2, 3, 4])])

describe('records of another signal in protobuf are refused', () => {
  it.each(seeds.traces.protobuf.map((bytes, at) => [at, bytes] as const))(
    'spans as logs and metrics, %i',
    (_, bytes) => {
      expect(() => decodeLogs(bytes)).toThrow('spans or metrics, not log records')
      expect(() => countRecords(bytes)).toThrow('spans or log records, not metrics')
    },
  )

  it.each(seeds.logs.protobuf.map((bytes, at) => [at, bytes] as const))('logs as metrics, %i', (_, bytes) => {
    expect(() => countRecords(bytes)).toThrow('spans or log records, not metrics')
  })

  it('metrics as logs, and as spans without ids', () => {
    expect(() => decodeLogs(request(metric))).toThrow(DecodeError)
    expect(decodeTraces(request(metric))[0]?.scopes[0]?.spans.map(idFault)).toEqual(['trace id is not 16 bytes long'])
  })
})

it('their own records are taken, also with fields that came later', () => {
  expect(countRecords(request(metric))).toBe(1)
  expect(countRecords(request(Buffer.concat([metric, unknownField])))).toBe(1)
  expect(countRecords(request(Buffer.alloc(0)))).toBe(1)
  const texts = [Buffer.from([0x10, 9]), field(3, 'INFO'), field(5, field(1, 'said')), Buffer.from([0x38, 1])]
  const log = Buffer.concat([...texts, Buffer.from([0x45, 1, 0, 0, 0]), field(12, 'an.event'), unknownField])
  expect(decodeLogs(request(log))[0]?.scopes[0]?.logs).toMatchObject([{ eventName: 'an.event', body: 'said' }])
})

describe('roots of another signal in JSON are refused', () => {
  const readers = { resourceSpans: decodeTracesJson, resourceLogs: decodeLogsJson, resourceMetrics: countRecordsJson }
  const roots = Object.keys(readers) as (keyof typeof readers)[]
  const pairs = roots.flatMap(own => roots.filter(root => root !== own).map(other => [own, other] as const))

  it.each(pairs)('where %s belong: %s', (own, other) => {
    const read = (json: object) => readers[own](Buffer.from(JSON.stringify(json)))
    expect(() => read({ [other]: [{}] })).toThrow(`it holds ${other}, not ${own}`)
    expect(() => read({ [own]: [], [other]: [{}], later: 1 })).not.toThrow()
    expect(() => read({ later: 1 })).not.toThrow()
    const snakeCase = own.replace(/[A-Z]/, letter => `_${letter.toLowerCase()}`)
    expect(() => read({ [snakeCase]: [{}] })).toThrow(`field names must be lowerCamelCase: ${own}`)
  })
})
