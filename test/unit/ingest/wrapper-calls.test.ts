import { expect, it } from 'vitest'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { WrapperCalls } from '../../../ingest/wrapper-calls.ts'
import { otlpSpan, startNs } from '../../ingest/otlp-factory.ts'

const scope = { name: '', version: '', spans: [] }
const id = (digit: string) => digit.repeat(16)
const span = (operation: string, spanId: string, parent = '', tokens = 10) =>
  mapSpan(
    {
      ...otlpSpan({ attributes: { 'gen_ai.operation.name': operation, 'gen_ai.usage.input_tokens': tokens } }),
      spanId: id(spanId),
      parentSpanId: parent && id(parent),
    },
    scope,
    mapResource(new Map()),
    startNs,
  )

it('makes a chain of the outer of two calls, whatever lies between and in which order they come', () => {
  const spans = [span('chat', '3', '2'), span('other', '2', '1', 0), span('chat', '1')]
  for (const order of [spans, spans.toReversed()]) {
    const copies = order.map(one => ({ ...one }))
    new WrapperCalls().demote('p', copies)
    const kinds = Object.fromEntries(copies.map(({ spanId, kind }) => [spanId[0], kind]))
    expect(kinds).toEqual({ 1: 'chain', 2: 'other', 3: 'llm' })
  }
})

it('remembers the calls of an earlier request', () => {
  const wrappers = new WrapperCalls()
  wrappers.demote('p', [span('chat', '2', '1')])
  const [outer, elsewhere] = [span('chat', '1'), span('chat', '1')]
  wrappers.demote('q', [elsewhere])
  wrappers.demote('p', [outer])
  expect([outer.kind, elsewhere.kind]).toEqual(['chain', 'llm'])
})

it('leaves alone calls beside each other, and those around a call without usage', () => {
  const beside = [span('invoke_agent', '1'), span('chat', '2', '1'), span('chat', '3', '1')]
  new WrapperCalls().demote('p', beside)
  expect(beside.map(({ kind }) => kind)).toEqual(['agent', 'llm', 'llm'])
  const silent = [span('chat', '1'), span('chat', '2', '1', 0)]
  new WrapperCalls().demote('p', silent)
  expect(silent.map(({ kind }) => kind)).toEqual(['llm', 'llm'])
})

it('leaves alone a call within which a tool makes calls, and one around a call of another kind', () => {
  const byTool = [span('chat', '3', '2'), span('execute_tool', '2', '1', 0), span('chat', '1')]
  new WrapperCalls().demote('p', byTool)
  expect(byTool.map(({ kind }) => kind)).toEqual(['llm', 'tool', 'llm'])
  const search = [span('embeddings', '2', '1'), span('chat', '1')]
  new WrapperCalls().demote('p', search)
  expect(search.map(({ kind }) => kind)).toEqual(['embedding', 'llm'])
  const twice = [span('embeddings', '2', '1'), span('embeddings', '1')]
  new WrapperCalls().demote('p', twice)
  expect(twice.map(({ kind }) => kind)).toEqual(['embedding', 'chain'])
})

it('ends on parents that run in a circle', () => {
  const circle = [span('chat', '1', '2'), span('chat', '2', '1')]
  new WrapperCalls().demote('p', circle)
  expect(circle).toHaveLength(2)
})
