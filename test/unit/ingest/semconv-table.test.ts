import { describe, expect, it } from 'vitest'
import { columns } from '../../../ingest/semconv/columns.ts'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import flat from '../../cases/semconv.json' with { type: 'json' }
import table from '../../cases/semconv-table.json' with { type: 'json' }
import { otlpSpan, type Plain, type PlainSpan, startNs } from '../../ingest/otlp-factory.ts'

type Case = {
  name: string
  span?: PlainSpan
  attributes: Record<string, Plain>
  events?: PlainSpan['events']
  expect: Record<string, unknown>
}
const cases = table as unknown as Case[]
const scope = { name: 'scope', version: '1', spans: [] }

describe('each cell of the table, and each rule', () => {
  it.each(cases)('$name', ({ expect: expected, attributes, events, span }) => {
    const mapped = mapSpan(otlpSpan({ ...span, attributes, events }), scope, mapResource(new Map()), startNs)
    const actual = Object.fromEntries(
      Object.keys(expected).map(column => [column, plain(mapped[column as keyof typeof mapped])]),
    )
    expect(actual).toEqual(expected)
  })

  const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : JSON.parse(JSON.stringify(value)))
})

it('has no two cases of one name', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
})

it('leaves no key of the table without a case', () => {
  const tried = new Set([...cases, ...(flat as unknown as Case[])].flatMap(({ attributes }) => Object.keys(attributes)))
  const keys = Object.values(columns).flatMap(row => Object.values(row).flat() as string[])
  expect(keys.filter(key => !tried.has(key))).toEqual([])
})
