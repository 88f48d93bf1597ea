import { fromJson } from './values.ts'

export type ToolMessage = { callId: string; content: string; json: string }

/**
 * LangChain's tools return a message that answers the call by its id: plain, or as its constructor's JSON, alone or under
 * `output`. Undefined when the result is none.
 */
export function toolMessageIn(result: string): ToolMessage | undefined {
  if (!result.includes('"tool_call_id"')) return undefined
  const value = fromJson(result)
  const output = field(value, 'output')
  for (const fields of [value, output, field(value, 'kwargs'), field(output, 'kwargs')]) {
    const callId = field(fields, 'tool_call_id')
    const content = field(fields, 'content')
    if (typeof callId === 'string' && content !== undefined)
      return {
        callId,
        content: typeof content === 'string' ? content : JSON.stringify(content),
        json: JSON.stringify(fields),
      }
  }
  return undefined
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
