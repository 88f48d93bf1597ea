/** What the stand-in says next, by the conversation so far. It names itself, so that nobody takes it for a model. */
export type Reply = { text: string } | { tool: string; arguments: Record<string, unknown> }

export type ChatMessage = {
  role: string
  content?: unknown
  tool_calls?: { id: string; function: { name: string } }[]
  tool_call_id?: string
}
export type ChatRequest = {
  model: string
  messages: ChatMessage[]
  tools?: { function: { name: string } }[]
  stream?: boolean
  stream_options?: { include_usage?: boolean }
}

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (typeof part?.text === 'string' ? part.text : '')).join('')
}

/** The script for `analyze`: search with the user's question, draft a summary, then answer. */
export function analyzeScript({ messages, tools = [] }: ChatRequest): Reply {
  const question = textOf(messages.find(({ role }) => role === 'user')?.content).slice(0, 400)
  const offered = new Set(tools.map(tool => tool.function.name))
  const called = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(call => call.function.name))
  for (const [name, args] of [
    ['search_knowledge_base', { query: question.slice(0, 300) }],
    ['draft_summary', { question }],
  ] as const)
    if (offered.has(name) && !called.includes(name)) return { tool: name, arguments: args }
  const results = messages.filter(({ role }) => role === 'tool')
  const titles = [
    ...new Set(
      results.flatMap(({ content }) => [...textOf(content).matchAll(/"title":"([^"]+)"/g)].map(match => match[1])),
    ),
  ]
  const found =
    titles.length > 0 ? `The documents ${titles.slice(0, 3).join(', ')} bear on it.` : 'Nothing was handed to me on it.'
  const asked = question.split('\n')[0]?.replace(/^Question:\s*/, '') ?? ''
  return { text: `I am a model stand-in, not a model. You asked: ${asked} ${found}` }
}
