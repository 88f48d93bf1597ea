import { describe, expect, it } from 'vitest'
import { finish } from '../../../ingest/otlp/finish.ts'
import { decodeTracesJson, readTracesJson } from '../../../ingest/otlp/json.ts'
import { decodeLogsJson, readLogsJson } from '../../../ingest/otlp/logs-json.ts'
import { DecodeError } from '../../../ingest/otlp/request.ts'
import { jsonRequest, jsonSpan, seeded } from '../../ingest/otlp-factory.ts'

const decode = (text: string) => decodeTracesJson(Buffer.from(text))
const spanOf = (text: string) => {
  const span = decode(text)[0]?.scopes[0]?.spans[0]
  if (!span) throw new Error('no span was decoded')
  return span
}
const span = (fields: object) => spanOf(JSON.stringify(jsonRequest([jsonSpan(fields as Record<string, unknown>)])))
/** A span whose attribute `v` has a value written as given. */
const value = (text: string) =>
  spanOf(
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"v","value":${text}}]}]}]}]}`,
  ).attributes.get('v')

it('takes hex ids in either case', () => {
  expect(span({ traceId: 'ABCDEF0123456789ABCDEF0123456789', spanId: 'ABCDEF0123456789' })).toMatchObject({
    traceId: 'abcdef0123456789abcdef0123456789',
    spanId: 'abcdef0123456789',
  })
})

describe('moments', () => {
  it.each([
    ['as text', '"1760000000123456789"', 1_760_000_000_123_456_789n],
    ['as a number, in all digits', '1760000000123456789', 1_760_000_000_123_456_789n],
    ['with a space before the number', '  1760000000123456789', 1_760_000_000_123_456_789n],
    ['left out', 'null', 0n],
  ])('%s', (_name, text, expected) => {
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":${text}}]}]}]}`
    expect(spanOf(body).startNs).toBe(expected)
  })
})

describe('values', () => {
  it.each([
    ['{"intValue":"9223372036854775807"}', 9_223_372_036_854_775_807n],
    ['{"intValue":9223372036854775807}', 9_223_372_036_854_775_807n],
    ['{"intValue":"-12"}', -12],
    ['{"intValue":12}', 12],
    ['{"doubleValue":1.5}', 1.5],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":NaN}', Number.NaN],
    ['{"doubleValue":-Infinity}', Number.NEGATIVE_INFINITY],
    ['{"boolValue":true}', true],
    ['{"stringValue":""}', ''],
    ['{"stringValue":"NaN, Infinity and \\"NaN\\" in words"}', 'NaN, Infinity and "NaN" in words'],
    ['{"stringValue":"lone \\ud83d surrogate"}', 'lone \ufffd surrogate'],
    ['{"stringValue":"\\ud83d\\ude00"}', '😀'],
    ['{"bytesValue":"AQL/"}', new Uint8Array([1, 2, 255])],
    ['{"arrayValue":{"values":[{"intValue":1},{}]}}', [1, null]],
    ['{"arrayValue":{}}', []],
    ['{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":false}}]}}', new Map([['a', false]])],
    ['{}', null],
    ['null', null],
    ['{"unknownValue":1}', null],
  ])('reads %s', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })
})

it('reads enums by number and by name, and an omitted kind as 0', () => {
  expect(span({}).kind).toBe(0)
  expect(span({ kind: 3 }).kind).toBe(3)
  expect(span({ kind: 'SPAN_KIND_CLIENT' }).kind).toBe(3)
  expect(span({ status: { code: 2, message: 'no' } })).toMatchObject({ statusCode: 2, statusMessage: 'no' })
  expect(span({ status: { code: 'STATUS_CODE_ERROR' } }).statusCode).toBe(2)
})

it('passes over unknown fields, and takes what is left out for empty', () => {
  expect(decode('{}')).toEqual([])
  expect(decode('{"resourceSpans":[{"schemaUrl":"x","somethingNew":{"a":[1]}}]}')).toEqual([
    { resource: new Map(), scopes: [] },
  ])
})

describe('what cannot be read is told in a sentence', () => {
  it.each([
    ['', 'not JSON'],
    ['{"resourceSpans":[', 'not JSON'],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"x":NaN,}]}]}]}', 'not JSON, at character'],
    ['[]', 'the request is not an object'],
    ['"text"', 'the request is not an object'],
    ['{"resourceSpans":{}}', 'resourceSpans is not a list'],
    ['{"resourceSpans":[1]}', 'resourceSpans is not an object'],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}', 'spans is not an object'],
    ['{"resourceLogs":[]}', 'it holds resourceLogs, not resourceSpans'],
    ['{"resource_spans":[]}', 'lowerCamelCase'],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}',
      'startTimeUnixNano is not an integer',
    ],
  ])('%s', (text, words) => {
    expect(() => decode(text)).toThrow(DecodeError)
    expect(() => decode(text)).toThrow(words)
  })

  it('values that nest too deep', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(200)}{}${']}}'.repeat(200)}`
    expect(() => value(deep)).toThrow('nests deeper than 100 levels')
    expect(() => decode('['.repeat(1_000_000))).toThrow(DecodeError)
  })

  const hostile: [string, string][] = [
    ['20,000 lists in each other', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['20,000 objects in each other', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['an object that turns into no text', '{"toString":1,"valueOf":1}'],
  ]
  describe.each(hostile)('%s', (_name, json) => {
    const span = (fields: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`
    const log = (fields: string) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${fields}}]}]}]}`

    it.each([
      ['name', `"name":${json}`],
      ['kind', `"kind":${json}`],
      ['droppedAttributesCount', `"droppedAttributesCount":${json}`],
      ['code', `"status":{"code":${json}}`],
      ['message', `"status":{"message":${json}}`],
      ['name', `"events":[{"name":${json}}]`],
      ['key', `"attributes":[{"key":${json}}]`],
      ['stringValue', `"attributes":[{"key":"k","value":{"stringValue":${json}}}]`],
      ['doubleValue', `"attributes":[{"key":"k","value":{"doubleValue":${json}}}]`],
      ['bytesValue', `"attributes":[{"key":"k","value":{"bytesValue":${json}}}]`],
    ])('as a %s', (name, fields) => {
      expect(() => decode(span(fields))).toThrow(DecodeError)
      expect(() => decode(span(fields))).toThrow(`${name} is not a`)
    })

    it('in a log record', () => {
      expect(() => decodeLogsJson(Buffer.from(log(`"eventName":${json}`)))).toThrow(DecodeError)
      expect(() => decodeLogsJson(Buffer.from(log(`"severityNumber":${json}`)))).toThrow(DecodeError)
    })

    it('as a field that is not known is passed over', () => {
      expect(decode(span(`"name":"kept","later":${json}`))[0]?.scopes[0]?.spans[0]?.name).toBe('kept')
    })
  })

  it('without repeating the text, which may be private', () => {
    expect(() => decode('{"password": hunter2}')).not.toThrow('hunter2')
  })
})

it('survives 2,000 mutations of a request: a decode error, or spans', () => {
  const random = seeded(7)
  const whole = Buffer.from(
    JSON.stringify(
      jsonRequest([jsonSpan({ attributes: { a: [1, { b: 'c' }], d: 1.5, e: true }, events: [{ name: 'x' }] })]),
    ),
  )
  const outcomes = { refused: 0, decoded: 0 }
  for (let round = 0; round < 2_000; round++) {
    const mutant = Buffer.from(whole)
    for (let change = 0; change < 1 + random() * 2; change++)
      mutant[Math.floor(random() * mutant.length)] = 32 + Math.floor(random() * 95)
    try {
      expect(decodeTracesJson(mutant).length).toBeLessThan(2)
      outcomes.decoded += 1
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      outcomes.refused += 1
    }
  }
  expect(outcomes.refused).toBeGreaterThan(100)
  expect(outcomes.decoded).toBeGreaterThan(100)
})

describe('a large request, of which each record is parsed by itself,', () => {
  const inPieces = (text: string) => finish(readTracesJson(Buffer.from(text), 0))
  /** The message without the place, which is told of where it can be. */
  const outcome = (read: () => unknown) => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return error.message.replace(/, at character \d+/, '')
    }
  }
  const spans = (list: string, more = '') => `{"resourceSpans":[{"scopeSpans":[{"spans":[${list}]${more}}]}]}`
  const [a, b] = ['a', 'b'].map(name => `{"name":"${name}","spanId":"0102030405060708"}`)

  it.each([
    ['one span', spans(`${a}`)],
    ['no span', spans(' ')],
    ['spaces and lines', spans(` ${a} ,\n\t${b} `)],
    ['brackets, quotes and backslashes in texts', spans(`{"name":"]}[{,\\"\\\\"},${b}`)],
    ['what is no object in place of a span', spans(`${a},5`)],
    ['null', spans('null')],
    ['a list', spans('[1,2]')],
    ['a name twice: the last wins', spans(`${a}`, `,"spans":[${b}]`)],
    ['a field that is not known, of the same form', spans(`${a}`, ',"others":[{"x":[1,{"y":2}]},3]')],
    ['the same, broken', spans(`${a}`, ',"others":[{"x":[1,{"y":}]},3]')],
    ['a comma too many', spans(`${a},`)],
    ['a comma too few', spans(`${a}${b}`)],
    ['a comma first', spans(`,${a}`)],
    ['brackets that do not match', spans('{"attributes":[1},{"attributes":2]}')],
    ['brackets that nobody opened', `]]]}}}${spans(`${a}`)}`],
    ['an end that is missing', spans(`${a}`).slice(0, -3)],
    ['an end in a text', spans(`${a}`).slice(0, -30)],
    ['something behind it', `${spans(`${a}`)} 1`],
    [
      'bare numbers',
      spans('{"startTimeUnixNano":1760000000123456789,"attributes":[{"key":"v","value":{"doubleValue":NaN}}]}'),
    ],
    ['logs', '{"resourceLogs":[]}'],
    ['lists that are none', '{"resourceSpans":[{"scopeSpans":[{"spans":{"a":[{"b":[{"c":1}]}]}}]}]}'],
  ])('reads as in one piece: %s', (_name, text) => {
    expect(outcome(() => inPieces(text))).toEqual(outcome(() => decode(text)))
  })

  it('and so it does with logs, and with 3,000 mutations of both', () => {
    const random = seeded(11)
    const log = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}},{"eventName":"y"}]}]}]}`
    const texts = [spans(`${a}, ${b}`, ',"scope":{"name":"s"}'), log]
    const seen = new Set<string>()
    for (let round = 0; round < 3_000; round++) {
      const bytes = Buffer.from(texts[round % 2] as string)
      for (let change = 0; change < random() * 3; change++)
        bytes[Math.floor(random() * bytes.length)] = '{}[]",:\\ 1'.charCodeAt(Math.floor(random() * 11))
      const [whole, pieces] =
        round % 2 === 0
          ? [() => decodeTracesJson(bytes), () => finish(readTracesJson(bytes, 0))]
          : [() => decodeLogsJson(bytes), () => finish(readLogsJson(bytes, 0))]
      const expected = outcome(whole)
      expect(outcome(pieces)).toEqual(expected)
      seen.add(typeof expected)
    }
    expect([...seen].sort()).toEqual(['object', 'string'])
  })

  it('refuses more records than a request may hold before it has parsed any', () => {
    const records = (count: number) => Buffer.from(spans(Array.from({ length: count }, () => '{}').join()))
    for (const bytes of [records(250_001), records(5_000_000)]) {
      const reading = readTracesJson(bytes, 0)
      const stopped = () => {
        for (let stops = 0; !reading.next().done; stops++) if (stops > bytes.length / (4 << 20)) return 'it goes on'
      }
      expect(stopped).toThrow(/holds more than 2,000,000 spans, attributes and values; send it in parts$/)
    }
    expect(finish(readTracesJson(records(250_000 - 1), 0))[0]?.scopes[0]?.spans.length).toBe(249_999)
  })

  it('says where what is not JSON stands, and stops often', () => {
    const text = spans(`${a},${b},{"name":1 2}`)
    expect(() => inPieces(text)).toThrow(`not JSON, at character ${text.indexOf('2}')}`)
    const large = Buffer.from(spans(Array.from({ length: 100_000 }, () => a).join()))
    let stops = 0
    for (const reading = readTracesJson(large); !reading.next().done; ) stops += 1
    expect(stops).toBeGreaterThan(90)
  })
})
