import { CallbackManager } from '@langchain/core/callbacks/manager'
import { ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import type { RunnableConfig } from '@langchain/core/runnables'
import { type StructuredToolInterface, ToolInputParsingException } from '@langchain/core/tools'
import { isGraphBubbleUp } from '@langchain/langgraph'
import { WithoutModel } from './hold.ts'

/**
 * Runs one tool call of a model. A failure is told to the model as the tool's answer, with `status: error`; an abort,
 * a run that is to be served without a model, and LangGraph's own signals go through.
 */
export async function runToolCall(
  tools: StructuredToolInterface[],
  call: ToolCall,
  config: RunnableConfig,
): Promise<ToolMessage> {
  const tool = tools.find(({ name }) => name === call.name)
  try {
    if (!tool)
      throw new NoSuchTool(`there is no tool ${call.name}: there are ${tools.map(({ name }) => name).join(', ')}`)
    const answer = await tool.invoke({ ...call, type: 'tool_call' as const }, { ...config, runName: call.name })
    if (ToolMessage.isInstance(answer)) return answer
    return messageOf(call, typeof answer === 'string' ? answer : JSON.stringify(answer))
  } catch (error) {
    if (isGraphBubbleUp(error) || error instanceof WithoutModel || config.signal?.aborted) throw error
    const cause = error instanceof Error ? error : new Error(String(error))
    if (cause instanceof NoSuchTool || cause instanceof ToolInputParsingException)
      await tellFailure(call, cause, config)
    return messageOf(call, `error: ${cause.message}`, 'error')
  }
}

class NoSuchTool extends Error {
  override name = 'NoSuchTool'
}

/** LangChain says nothing of a call that did not start; it is a failed tool call all the same. */
async function tellFailure(call: ToolCall, error: Error, config: RunnableConfig) {
  const tool = { lc: 1, type: 'not_implemented' as const, id: ['tool', call.name] }
  const input = JSON.stringify(call.args ?? {})
  const run = await manager(config)?.handleToolStart(
    tool,
    input,
    undefined,
    undefined,
    undefined,
    undefined,
    call.name,
    call.id,
  )
  await run?.handleToolError(error)
}

const manager = (config: RunnableConfig) => (config.callbacks instanceof CallbackManager ? config.callbacks : undefined)

const messageOf = (call: ToolCall, content: string, status: 'success' | 'error' = 'success') =>
  new ToolMessage({ content, tool_call_id: call.id ?? '', name: call.name, status })

/** The same for every attempt at the same call: what a tool with effects hands on, so that twice is once. */
export function idempotencyKey(runId: string, call: ToolCall, config: RunnableConfig): string {
  const task = config.configurable?.__pregel_task_id ?? ''
  return [runId, task, call.id].join('.')
}
