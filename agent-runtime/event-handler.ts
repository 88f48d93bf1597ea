import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import type { BaseMessage } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import type { NewRunEvent } from '../db/domain/run.ts'
import type { RunUsage } from '../db/schema.ts'
import { inputMessages, outcomeOf, toolResult } from './instrument/messages.ts'
import type { SpanHandler } from './instrument/span-handler.ts'
import { estimateUsage, firstMessage, responseModel, type UsedTokens, usedBy } from './instrument/usage.ts'

type Place = { node?: string; task_id?: string }
type Call = { place: Place; input: string; text: string; model: string }
type Tool = { place: Place; name: string; id: string }

/**
 * Turns LangChain's callbacks into the events people watch, and sums up what the attempt used. Says to chat models that
 * their answers are wanted token by token.
 */
export class EventHandler extends BaseCallbackHandler {
  name = 'davylamp-events'
  override awaitHandlers = true
  lc_prefer_streaming = true
  readonly usage: Required<Pick<RunUsage, 'inputTokens' | 'outputTokens' | 'calls'>> & { estimated: boolean } = {
    inputTokens: 0,
    outputTokens: 0,
    calls: 0,
    estimated: false,
  }
  /** Messages that ended by an error, half written. */
  readonly broken: string[] = []
  /** When the first visible text came, ms since the epoch. */
  firstTextAt: number | undefined
  private readonly calls = new Map<string, Call>()
  private readonly tools = new Map<string, Tool>()
  private readonly parents = new Map<string, string>()
  private readonly emit: (event: NewRunEvent) => void
  private readonly spans: SpanHandler

  constructor(emit: (event: NewRunEvent) => void, spans: SpanHandler) {
    super()
    this.emit = emit
    this.spans = spans
  }

  override handleChainStart(_chain: unknown, _inputs: unknown, runId: string, ...rest: unknown[]) {
    this.follow(runId, rest[0])
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
    this.follow(runId, parentRunId)
    const asked = (extra?.invocation_params ?? {}) as { model?: unknown }
    const model = String(metadata?.ls_model_name ?? asked.model ?? 'model')
    const place = placeOf(metadata)
    const { instructions = '', input } = inputMessages(messages[0] ?? [])
    this.calls.set(runId, { place, input: instructions + input, text: '', model })
    const tool = this.enclosingTool(runId)?.name
    this.tell(runId, place, { type: 'message.start', data: { message_id: runId, model, ...(tool && { tool }) } })
  }

  override handleLLMNewToken(text: string, _index: unknown, runId: string) {
    const call = this.calls.get(runId)
    if (!call || !text) return
    call.text += text
    this.firstTextAt ??= Date.now()
    this.emit({ type: 'token', data: { message_id: runId, text }, ...call.place })
  }

  override handleLLMEnd(output: LLMResult, runId: string) {
    const call = this.calls.get(runId)
    const message = firstMessage(output)
    if (!call || !message) return
    this.calls.delete(runId)
    const usage = usedBy(message, call.input)
    this.count(usage)
    const calls = message.tool_calls?.map(({ id, name, args }) => ({ id, name, arguments: args }))
    const data = {
      message_id: runId,
      model: responseModel(message) ?? call.model,
      ...(calls?.length && { tool_calls: calls }),
      usage,
    }
    this.tell(runId, call.place, { type: 'message.end', data })
    this.warnOfDrift(runId, responseModel(message), call)
  }

  override handleLLMError(error: Error, runId: string) {
    const call = this.calls.get(runId)
    if (!call) return
    this.calls.delete(runId)
    this.broken.push(runId)
    const usage = estimateUsage(call.input, call.text)
    if (call.text) this.count(usage)
    const data = { message_id: runId, error: error.message, ...(call.text && { usage }) }
    this.tell(runId, call.place, { type: 'message.end', data })
  }

  override handleToolStart(tool: { name?: string }, input: string, runId: string, ...rest: unknown[]) {
    const [parentRunId, , metadata, runName, callId] = rest
    this.follow(runId, parentRunId)
    const name = String(runName ?? tool?.name ?? 'tool')
    const entry = { place: placeOf(metadata), name, id: String(callId ?? runId) }
    this.tools.set(runId, entry)
    const data = { tool_id: entry.id, name, arguments: toolResult(input) }
    this.tell(runId, entry.place, { type: 'tool.start', data })
  }

  override handleToolEnd(output: unknown, runId: string) {
    const tool = this.tools.get(runId)
    if (!tool) return
    this.tools.delete(runId)
    const result = toolResult(output)
    const data = { tool_id: tool.id, name: tool.name, outcome: outcomeOf(result), result }
    this.tell(runId, tool.place, { type: 'tool.end', data })
  }

  override handleToolError(error: Error, runId: string) {
    const tool = this.tools.get(runId)
    if (!tool) return
    this.tools.delete(runId)
    this.tell(runId, tool.place, {
      type: 'tool.error',
      data: { tool_id: tool.id, name: tool.name, message: error.message },
    })
  }

  /** Words of a tool that is at work, on the tool that `runId` is inside of. */
  toolProgress(runId: string, text: string) {
    const tool = this.enclosingTool(runId)
    if (tool) this.tell(runId, tool.place, { type: 'tool.progress', data: { tool_id: tool.id, text } })
  }

  private warnOfDrift(runId: string, answered: string | undefined, call: Call) {
    const asked = this.spans.servedModel(runId)?.model ?? call.model
    if (!answered || answered === asked) return
    const message = `${asked} was asked and ${answered} answered: the provider serves another model than the one pinned`
    this.tell(runId, call.place, { type: 'warning', data: { code: 'model.drift', message } })
  }

  private count({ input_tokens, output_tokens, estimated = false }: UsedTokens) {
    this.usage.calls++
    this.usage.inputTokens += input_tokens
    this.usage.outputTokens += output_tokens
    this.usage.estimated ||= estimated
  }

  private tell(runId: string, place: Place, event: NewRunEvent) {
    this.emit({ ...event, ...place, span_id: this.spans.open.spanId(runId) })
  }

  private follow(runId: string, parentRunId: unknown) {
    if (typeof parentRunId === 'string') this.parents.set(runId, parentRunId)
  }

  private enclosingTool(runId: string): Tool | undefined {
    const tool = this.tools.get(runId)
    const parent = this.parents.get(runId)
    return tool ?? (parent ? this.enclosingTool(parent) : undefined)
  }
}

/** Where in the graph a call is made; the task's id is the same when a new attempt does it again. */
function placeOf(metadata: unknown): Place {
  const { langgraph_node, langgraph_checkpoint_ns } = (metadata ?? {}) as Record<string, unknown>
  if (typeof langgraph_node !== 'string') return {}
  const task =
    typeof langgraph_checkpoint_ns === 'string' ? langgraph_checkpoint_ns.split('|')[0]?.split(':')[1] : undefined
  return { node: langgraph_node, ...(task && { task_id: task }) }
}
