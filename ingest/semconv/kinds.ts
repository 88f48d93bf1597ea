import type { SpanKind } from '../../db/domain/span.ts'
import type { Attributes } from '../otlp/request.ts'
import type { KeyList } from './find-columns.ts'

type KindSource = { key: string; kinds: { [value: string]: SpanKind | undefined } }

/** Attributes that say a span's kind, the most explicit first. Values are compared in lower case. */
const sources: KindSource[] = [
  {
    key: 'langfuse.observation.type',
    kinds: {
      generation: 'llm',
      span: 'chain',
      chain: 'chain',
      agent: 'agent',
      tool: 'tool',
      retriever: 'retriever',
      embedding: 'embedding',
      guardrail: 'guardrail',
      evaluator: 'other',
      event: 'other',
    },
  },
  {
    key: 'openinference.span.kind',
    kinds: {
      llm: 'llm',
      tool: 'tool',
      agent: 'agent',
      chain: 'chain',
      retriever: 'retriever',
      reranker: 'retriever',
      embedding: 'embedding',
      guardrail: 'guardrail',
      evaluator: 'other',
      prompt: 'other',
    },
  },
  {
    // LangSmith's exporter derives gen_ai.operation.name from its own kind, and calls these two what they are not.
    key: 'langsmith.span.kind',
    kinds: { retriever: 'retriever', prompt: 'other' },
  },
  {
    key: 'gen_ai.operation.name',
    kinds: {
      chat: 'llm',
      text_completion: 'llm',
      generate_content: 'llm',
      execute_tool: 'tool',
      invoke_agent: 'agent',
      create_agent: 'agent',
      invoke_workflow: 'chain',
      plan: 'chain',
      retrieval: 'retriever',
      search_memory: 'retriever',
      embeddings: 'embedding',
      apply_guardrail: 'guardrail',
    },
  },
  {
    key: 'ai.operationId',
    kinds: {
      'ai.generatetext': 'agent',
      'ai.streamtext': 'agent',
      'ai.generateobject': 'agent',
      'ai.streamobject': 'agent',
      'ai.generatetext.dogenerate': 'llm',
      'ai.streamtext.dostream': 'llm',
      'ai.generateobject.dogenerate': 'llm',
      'ai.streamobject.dostream': 'llm',
      'ai.toolcall': 'tool',
      'ai.embed': 'chain',
      'ai.embedmany': 'chain',
      'ai.embed.doembed': 'embedding',
      'ai.embedmany.doembed': 'embedding',
      'ai.rerank': 'chain',
      'ai.rerank.dorerank': 'retriever',
    },
  },
  { key: 'traceloop.span.kind', kinds: { workflow: 'chain', task: 'chain', agent: 'agent', tool: 'tool' } },
  {
    key: 'llm.request.type',
    kinds: { chat: 'llm', completion: 'llm', embedding: 'embedding', rerank: 'retriever' },
  },
  {
    key: 'langsmith.span.kind',
    kinds: {
      llm: 'llm',
      tool: 'tool',
      chain: 'chain',
      retriever: 'retriever',
      embedding: 'embedding',
      prompt: 'other',
      parser: 'other',
    },
  },
]

/** Where no attribute says the kind, one that only such spans carry. The name of a span is never trusted. */
const hints: [key: string, kind: SpanKind][] = [
  ['gen_ai.tool.name', 'tool'],
  ['ai.toolCall.name', 'tool'],
  ['gen_ai.request.model', 'llm'],
  ['llm.model_name', 'llm'],
  ['embedding.model_name', 'embedding'],
  ['reranker.model_name', 'retriever'],
  ['langfuse.observation.model.name', 'llm'],
]

/** All keys that a kind is read from. */
export const kindKeys: readonly string[] = [...sources.map(({ key }) => key), ...hints.map(([key]) => key)]

/**
 * A span's kind and the attribute that decided it; `other` and '' when nothing tells. `given` are those of `kindKeys`
 * that the span has.
 */
export function kindOf(attributes: Attributes, given: KeyList): { kind: SpanKind; mappedBy: string } {
  if (given.size === 0) return unknown
  for (const { key, kinds } of sources) {
    if (!given.has(key)) continue
    const said = attributes.get(key)
    const kind = typeof said === 'string' ? own(kinds, said.toLowerCase()) : undefined
    if (kind) return { kind, mappedBy: key }
  }
  for (const [key, kind] of hints) if (given.has(key)) return { kind, mappedBy: `hint:${key}` }
  return unknown
}

const unknown = { kind: 'other' as const, mappedBy: '' }

const own = <T>(table: { [key: string]: T }, key: string) => (Object.hasOwn(table, key) ? table[key] : undefined)
