import { describe, expect, it } from 'vitest'
import { detectorNames, noRules, type RedactionRules } from '../../../db/domain/redaction/rules.ts'
import { nativeBlock } from '../../../db/native.ts'
import { redactBy } from '../../../db/redaction.ts'
import { spanColumns } from '../../../db/span-table.ts'
import { decodeTraces } from '../../../ingest/otlp/protobuf.ts'
import { dropMarks, hideInSpan, hideValues, redactInTurns } from '../../../ingest/redact-spans.ts'
import { mapResource, mapSpan } from '../../../ingest/semconv/map-span.ts'
import { mapRequest } from '../../../ingest/trace-intake.ts'
import { attributesOf, corpusBytes, otlpSpan, type PlainSpan, startNs } from '../../ingest/otlp-factory.ts'

const scope = { name: '', version: '', spans: [] }
const all: RedactionRules = { ...noRules, detectors: [...detectorNames] }

async function redacted(plain: PlainSpan, rules: RedactionRules, resource = {}) {
  const redactor = redactBy(rules)
  const span = otlpSpan(plain)
  hideInSpan(span, redactor)
  const row = mapSpan(span, scope, mapResource(hideValues(attributesOf(resource), redactor)), startNs)
  dropMarks(row)
  await redactInTurns([row], redactor)
  return row
}

describe('hidden values', () => {
  it('leave no trace in columns, and no mark where rows would be joined by it', async () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'user.id': 'ada',
      'session.id': 's-1',
      'gen_ai.conversation.id': 'c-1',
      'davylamp.workflow.name': 'w',
      'feature_flag.model': 'ada-variant',
      'gen_ai.request.model': 'gpt-ada',
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.input.messages': '[{"role":"user","content":"ada"}]',
      other: 'ada',
    }
    const row = await redacted(
      { attributes },
      { ...noRules, attributes: ['user.*', 'session.*', 'gen_ai.*', 'davylamp.*', 'feature_flag.*', 'other'] },
    )
    const ids = { userId: '', sessionId: '', conversationId: '', workflow: '', featureFlags: {}, inputTokens: 0 }
    expect(row).toMatchObject({
      ...ids,
      input: '[redacted]',
      modelRequested: '[redacted]',
      attributes: { other: '"[redacted]"' },
    })
    expect(JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      'ada',
    )
  })

  it('of lists that are flattened, of resources, and of what a span only falls back to', async () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.0.message.content': 'ada',
      'llm.input_messages.0.message.role': 'user',
    }
    const row = await redacted(
      { attributes },
      { ...noRules, attributes: ['llm.input_messages.*', 'session.id'] },
      { 'session.id': 'ada', kept: 'k' },
    )
    expect(row).toMatchObject({ sessionId: '', resource: { 'session.id': '"[redacted]"', kept: '"k"' } })
    expect(row.input).toContain('[redacted]')
    expect(String(row.input)).not.toContain('ada')
  })

  it('of an exception do not come back as the message of the status', async () => {
    const events = [{ name: 'exception', attributes: { 'exception.message': 'ada', 'exception.type': 'E' } }]
    const row = await redacted({ events }, { ...noRules, attributes: ['exception.message'] })
    expect(row).toMatchObject({ status: 'error', statusMessage: '[redacted]' })
    expect(row.events).toMatchObject([{ attributes: { 'exception.message': '"[redacted]"', 'exception.type': '"E"' } }])
  })
})

it('patterns leave ids and names alone, by which rows are joined', async () => {
  const mail = 'ada@example.com'
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': mail,
    'user.id': mail,
    'session.id': mail,
    'davylamp.workflow.name': mail,
    'feature_flag.f': mail,
    'davylamp.tags': [mail],
  }
  const row = await redacted({ name: `call ${mail}`, attributes }, all)
  expect(row).toMatchObject({
    toolName: mail,
    userId: mail,
    sessionId: mail,
    workflow: mail,
    featureFlags: { f: mail },
    tags: ['[redacted: e-mail]'],
    name: 'call [redacted: e-mail]',
  })
})

it.each(['genai-512-0.pb.gz', 'genai-512-3.pb.gz'])(
  'spans of %s in which nothing is found are stored the same to the byte',
  async file => {
    const now = 1_760_000_000_000
    const block = async (rules?: RedactionRules) => {
      const { spans } = mapRequest(decodeTraces(corpusBytes(file)), now)
      const before = spans.map(({ input, attributes }) => ({ input, attributes }))
      if (rules) await redactInTurns(spans, redactBy(rules))
      return {
        bytes: Buffer.from(nativeBlock(spanColumns, spans)),
        same: spans.every((span, at) => span.input === before[at]?.input && span.attributes === before[at]?.attributes),
      }
    }
    const plain = await block()
    const none = await block({ ...noRules, patterns: [{ name: 'none', pattern: 'ZZQ[0-9]{9}' }] })
    expect(none.same).toBe(true)
    expect(none.bytes.equals(plain.bytes)).toBe(true)
    expect((await block(all)).bytes.equals(plain.bytes)).toBe(false)
  },
)
