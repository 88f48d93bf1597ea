import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { Attributes } from '@opentelemetry/api'
import type { Model } from '../inference/models.ts'
import { inputMessages, jsonOf, outcomeOf, outputMessages, toolResult } from './messages.ts'
import { isControlFlow, OpenSpans } from './open-spans.ts'
import type { RunTrace } from './run-trace.ts'
import { estimateUsage, finishReasons, firstMessage, responseModel, usageAttributes, usedBy } from './usage.ts'

type Serialized = { id?: string[]; name?: string }

// Steps of LangChain's own that tell a reader nothing; their children stand below their parent.
const plumbing = /^(Runnable\w*|ChannelWrite.*|ChannelRead.*|Branch.*|__start__)$/

/**
 * Turns LangChain's callbacks into spans by the OpenTelemetry GenAI conventions. Keyed by LangChain's run ids, so that
 * parallel tasks nest rightly. Handlers are awaited: a span is there before what it encloses begins.
 */
export class SpanHandler extends BaseCallbackHandler {
  name = 'davylamp-spans'
  override awaitHandlers = true
  readonly open: OpenSpans
  private readonly answered = new Map<string, Model>()
  private readonly trace: RunTrace
  private readonly workflow: string

  constructor(trace: RunTrace, workflow: string, signal: AbortSignal) {
    super()
    this.open = new OpenSpans(trace, signal)
    this.trace = trace
    this.workflow = workflow
  }

  /** The model that answered a logical call: by a fallback it is not the one first asked. */
  served(runId: string, model: Model) {
    const entry = this.open.get(runId)
    if (entry) entry.served = model
    this.answered.set(runId, model)
  }

  servedModel(runId: string): Model | undefined {
    return this.answered.get(runId)
  }

  // @langchain/core 1.4.0 declares other parameters than it passes; startup-check.ts guards what is passed.
  override handleChainStart(chain: Serialized, inputs: unknown, runId: string, ...rest: unknown[]) {
    const [parentRunId, tags, , , runName] = rest as [
      string | undefined,
      string[] | undefined,
      unknown,
      unknown,
      string | undefined,
    ]
    const name = runName ?? chain?.name ?? chain?.id?.at(-1) ?? 'step'
    const input = jsonOf(inputs)
    if (!parentRunId) {
      const kind: Attributes =
        name === 'fallback'
          ? { 'openinference.span.kind': 'CHAIN' }
          : { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': this.workflow }
      const title = `${name === 'fallback' ? 'fallback' : 'invoke_agent'} ${this.workflow}`
      return this.open.keep(runId, this.trace.startAttempt(title, { ...kind, ...asValue('input', input) }), input)
    }
    if (tags?.includes('langsmith:hidden') || plumbing.test(name)) return this.open.pass(runId, parentRunId)
    this.open.start(runId, parentRunId, name, { 'openinference.span.kind': 'CHAIN', ...asValue('input', input) }, input)
  }

  override handleChainEnd(outputs: unknown, runId: string) {
    this.open.end(runId, asValue('output', jsonOf(outputs)))
  }

  override handleChainError(error: unknown, runId: string) {
    this.open.fail(runId, error)
  }

  override handleChatModelStart(
    _llm: unknown,
    messages: BaseMessage[][],
    runId: string,
    parentRunId?: string,
    extra?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ) {
    const asked = (extra?.invocation_params ?? {}) as Record<string, unknown>
    const model = String(metadata?.ls_model_name ?? asked.model ?? 'model')
    const { instructions, input } = inputMessages(messages[0] ?? [])
    const attributes: Attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': String(metadata?.ls_provider ?? 'unknown'),
      'gen_ai.request.model': model,
      'gen_ai.input.messages': input,
      ...(instructions && { 'gen_ai.system_instructions': instructions }),
      ...numberOf('gen_ai.request.temperature', metadata?.ls_temperature),
      ...numberOf('gen_ai.request.max_tokens', metadata?.ls_max_tokens),
      ...toolDefinitions(asked.tools),
    }
    this.open.start(runId, parentRunId, `chat ${model}`, attributes, `${instructions ?? ''}${input}`)
  }

  override handleLLMNewToken(
    text: string,
    _index: unknown,
    runId: string,
    _parent?: string,
    _tags?: string[],
    fields?: unknown,
  ) {
    const entry = this.open.get(runId)
    if (!entry) return
    entry.text += text
    const chunk = (fields as { chunk?: { message?: { tool_call_chunks?: unknown[]; content?: unknown } } } | undefined)
      ?.chunk
    const spoke =
      text !== '' || (chunk?.message?.tool_call_chunks?.length ?? 0) > 0 || Array.isArray(chunk?.message?.content)
    if (spoke) entry.ttftMs ??= performance.now() - entry.startedAt
  }

  override handleLLMEnd(output: LLMResult, runId: string) {
    const message = firstMessage(output)
    const entry = this.open.get(runId)
    if (!message || !entry) return this.open.end(runId)
    const { served } = entry
    if (served) entry.span.updateName(`chat ${served.model}`)
    const reasons = finishReasons(message)
    this.open.end(runId, {
      ...(served && { 'gen_ai.request.model': served.model, 'gen_ai.provider.name': served.provider }),
      ...(responseModel(message) && { 'gen_ai.response.model': responseModel(message) }),
      ...(message.id && { 'gen_ai.response.id': message.id }),
      ...(reasons.length > 0 && { 'gen_ai.response.finish_reasons': reasons }),
      ...(entry.ttftMs !== undefined && { 'gen_ai.response.time_to_first_chunk': entry.ttftMs / 1000 }),
      ...usageAttributes(usedBy(message, entry.input), message),
      'gen_ai.output.messages': outputMessages(message, reasons[0]),
    })
  }

  override handleLLMError(error: unknown, runId: string) {
    const entry = this.open.get(runId)
    // A call that was cut off tells no usage: what went in and came out is estimated, and marked so.
    const cut = entry && (entry.text !== '' || this.open.isHalted)
    this.open.fail(runId, error, {
      ...(cut && usageAttributes(estimateUsage(entry.input, entry.text))),
      ...(entry?.text && { 'gen_ai.output.messages': outputMessages(new AIMessage(entry.text), 'error') }),
    })
  }

  override handleToolStart(tool: Serialized, input: string, runId: string, ...rest: unknown[]) {
    const [parentRunId, , , runName, callId] = rest as [
      string | undefined,
      unknown,
      unknown,
      string | undefined,
      string | undefined,
    ]
    const name = runName ?? tool?.name ?? tool?.id?.at(-1) ?? 'tool'
    const attributes: Attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.arguments': input,
      ...(callId && { 'gen_ai.tool.call.id': callId }),
    }
    this.open.start(runId, parentRunId, `execute_tool ${name}`, attributes, input)
  }

  override handleToolEnd(output: unknown, runId: string) {
    const result = toolResult(output)
    this.open.end(runId, { 'gen_ai.tool.call.result': jsonOf(result), 'davylamp.tool.outcome': outcomeOf(result) })
  }

  override handleToolError(error: unknown, runId: string) {
    this.open.fail(runId, error, isControlFlow(error) ? {} : { 'davylamp.tool.outcome': 'error' })
  }

  override handleRetrieverStart(
    _retriever: unknown,
    query: string,
    runId: string,
    parentRunId?: string,
    ...rest: unknown[]
  ) {
    const name = typeof rest[2] === 'string' ? rest[2] : 'retriever'
    this.open.start(runId, parentRunId, name, { 'openinference.span.kind': 'RETRIEVER', 'input.value': query }, query)
  }

  override handleRetrieverEnd(documents: unknown[], runId: string) {
    this.open.end(runId, asValue('output', jsonOf(documents)))
  }

  override handleRetrieverError(error: unknown, runId: string) {
    this.open.fail(runId, error)
  }
}

const asValue = (side: 'input' | 'output', json: string): Attributes =>
  json ? { [`${side}.value`]: json, [`${side}.mime_type`]: 'application/json' } : {}
const numberOf = (key: string, value: unknown): Attributes => (typeof value === 'number' ? { [key]: value } : {})

function toolDefinitions(tools: unknown): Attributes {
  if (!Array.isArray(tools) || tools.length === 0) return {}
  const told = tools.map(tool => tool.function ?? { name: tool.name, description: tool.description })
  return { 'gen_ai.tool.definitions': JSON.stringify(told) }
}
