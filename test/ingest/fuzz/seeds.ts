import { corpusBytes, jsonRequest, jsonSpan } from '../otlp-factory.ts'
import { type Field, readTree, shapes, writeTree } from './wire-tree.ts'

const spansEach = 3

/** A few spans of each corpus file, as a request of its own. */
function tracesOf(file: string): Buffer {
  const [resource] = readTree(corpusBytes(file), shapes.traces)
  const scopes = resource?.fields?.filter(({ tag }) => tag === 0x12) ?? []
  const [scope] = scopes
  const spans = scope?.fields?.filter(({ tag }) => tag === 0x12).slice(0, spansEach) ?? []
  const rest = (fields: Field[] | undefined) => fields?.filter(({ tag }) => tag !== 0x12) ?? []
  if (!resource || !scope) throw new Error(`${file} holds no spans`)
  const small = { ...scope, fields: [...rest(scope.fields), ...spans] }
  return writeTree([{ ...resource, fields: [...rest(resource.fields), small] }])
}

const field = (number: number, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from([
      (number << 3) | 2,
      ...(bytes.length > 127 ? [(bytes.length & 127) | 128, bytes.length >> 7] : [bytes.length]),
    ]),
    bytes,
  ])
}
const pair = (key: string, value: Buffer) => field(9, Buffer.concat([field(1, key), field(2, value)]))
const moment = (number: number) =>
  Buffer.concat([Buffer.from([(number << 3) | 1]), Buffer.from('15cd5b0700000000', 'hex')])

/** A span of all types of values, with an event, a link and a status. */
function everything(): Buffer {
  const list = field(
    5,
    Buffer.concat([field(1, field(1, 'a')), field(1, Buffer.from([0x18, 5])), field(1, Buffer.alloc(0))]),
  )
  const map = field(6, field(1, Buffer.concat([field(1, 'inner'), field(2, list)])))
  const attributes = [
    pair('text', field(1, 'grün 🌱')),
    pair('yes', Buffer.from([0x10, 1])),
    pair('whole', Buffer.from([0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
    pair('real', Buffer.concat([Buffer.from([0x21]), Buffer.alloc(8, 0x3f)])),
    pair('list', list),
    pair('map', map),
    pair('bytes', field(7, Buffer.from([0, 255]))),
    pair('none', Buffer.alloc(0)),
  ]
  const inner = Buffer.concat([
    moment(1),
    field(2, 'exception'),
    field(3, Buffer.concat([field(1, 'k'), field(2, list)])),
  ])
  const link = Buffer.concat([field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 2))])
  const ids = [
    field(1, Buffer.alloc(16, 7)),
    field(2, Buffer.alloc(8, 8)),
    field(4, Buffer.alloc(8, 9)),
    field(5, 'all'),
  ]
  const times = [Buffer.from([0x30, 3]), moment(7), moment(8), ...attributes, Buffer.from([0x50, 1])]
  const rest = [field(11, inner), field(13, link), field(15, Buffer.concat([field(2, 'bad'), Buffer.from([0x18, 2])]))]
  const span = field(2, Buffer.concat([...ids, ...times, ...rest]))
  return field(
    1,
    Buffer.concat([
      field(1, field(1, Buffer.concat([field(1, 'service.name'), field(2, field(1, 'shop'))]))),
      field(2, Buffer.concat([field(1, field(1, 'scope')), span])),
    ]),
  )
}

function logs(name: string): Buffer {
  const ids = [field(9, Buffer.alloc(16, 3)), field(10, Buffer.alloc(8, 4)), field(12, name)]
  const body = field(5, field(6, field(1, Buffer.concat([field(1, 'content'), field(2, field(1, 'Hello?'))]))))
  const attribute = field(6, Buffer.concat([field(1, 'gen_ai.system'), field(2, field(1, 'openai'))]))
  const record = field(2, Buffer.concat([moment(1), Buffer.from([0x10, 9]), body, attribute, ...ids, moment(11)]))
  return field(1, field(2, Buffer.concat([field(1, field(1, 'scope')), record, record])))
}

const jsonTraces = () =>
  Buffer.from(
    JSON.stringify(
      jsonRequest(
        [
          jsonSpan({
            attributes: { 'gen_ai.operation.name': 'chat', a: [1, { b: 'c' }], d: 1.5, e: true, f: null },
            events: [{ name: 'x', timeUnixNano: '1', attributes: [{ key: 'k', value: { intValue: 7 } }] }],
            links: [{ traceId: 'ab', spanId: 'cd' }],
            status: { code: 2, message: 'bad' },
          }),
          jsonSpan({ kind: 'SPAN_KIND_CLIENT', parentSpanId: '00f067aa0ba902b7' }),
        ],
        { 'service.name': 'shop' },
      ),
    ),
  )

const jsonLogs = () => {
  const attributes = [{ key: 'gen_ai.system', value: { stringValue: 'openai' } }]
  const body = { kvlistValue: { values: [{ key: 'content', value: { stringValue: 'Hello?' } }] } }
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' }
  const record = { ...ids, timeUnixNano: '1760000000000000000', eventName: 'gen_ai.user.message', body, attributes }
  return Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record, record] }] }] }))
}

/** Sound requests that the mutants come from. */
export const seeds = {
  traces: {
    protobuf: [everything(), ...[0, 1, 2, 3].map(file => tracesOf(`genai-512-${file}.pb.gz`))],
    json: [jsonTraces()],
  },
  logs: { protobuf: [logs('gen_ai.user.message'), logs('feature_flag.evaluation')], json: [jsonLogs()] },
}
