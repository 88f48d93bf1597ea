/**
 * Which attributes fill which column: a row a column, a cell a convention. Cells are read from left to right and a
 * cell's keys in order; the first that is given wins, and is then no longer kept among the attributes.
 */
export const conventions = [
  'davylamp',
  'genai',
  'openinference',
  'traceloop',
  'vercel',
  'langfuse',
  'langsmith',
] as const
export type Convention = (typeof conventions)[number]
export type ColumnKeys = Partial<Record<Convention, readonly string[]>>

const association = 'traceloop.association.properties'
const observation = 'langfuse.observation'
const told = 'ai.telemetry.metadata'
const langsmith = 'langsmith.metadata'
/** Pydantic AI tells what its provider tells beside input and output, under its own or the provider's names. */
const detail = 'gen_ai.usage.details'

export const columns = {
  modelRequested: {
    genai: ['gen_ai.request.model'],
    openinference: ['llm.request.model_name', 'llm.model_name', 'embedding.model_name', 'reranker.model_name'],
    vercel: ['ai.model.id'],
    langfuse: [`${observation}.model.name`],
  },
  model: {
    genai: ['gen_ai.response.model'],
    openinference: ['llm.response.model_name'],
    vercel: ['ai.response.model'],
  },
  provider: {
    genai: ['gen_ai.provider.name', 'gen_ai.system'],
    openinference: ['llm.provider', 'llm.system'],
    traceloop: ['llm.vendor'],
    vercel: ['ai.model.provider'],
    langfuse: [`${observation}.metadata.ls_provider`],
    langsmith: [`${langsmith}.ls_provider`],
  },
  input: {
    davylamp: ['davylamp.input'],
    genai: ['gen_ai.input.messages', 'gen_ai.prompt'],
    openinference: ['input.value'],
    traceloop: ['traceloop.entity.input'],
    vercel: ['ai.prompt.messages', 'ai.prompt', 'ai.value', 'ai.values', 'ai.documents'],
    langfuse: [`${observation}.input`, 'langfuse.trace.input'],
  },
  output: {
    davylamp: ['davylamp.output'],
    genai: ['gen_ai.output.messages', 'gen_ai.completion'],
    openinference: ['output.value'],
    traceloop: ['traceloop.entity.output'],
    vercel: ['ai.response.text', 'ai.response.object', 'ai.result.text', 'ai.result.object', 'ai.ranking'],
    langfuse: [`${observation}.output`, 'langfuse.trace.output'],
  },
  systemInstructions: { genai: ['gen_ai.system_instructions'] },
  params: {
    openinference: ['llm.invocation_parameters'],
    langfuse: [`${observation}.model.parameters`],
  },
  inputTokens: {
    genai: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
    openinference: ['llm.token_count.prompt'],
    traceloop: ['llm.usage.prompt_tokens'],
    vercel: ['ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'],
  },
  outputTokens: {
    genai: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
    openinference: ['llm.token_count.completion'],
    traceloop: ['llm.usage.completion_tokens'],
    vercel: ['ai.usage.outputTokens', 'ai.usage.completionTokens'],
  },
  cacheReadTokens: {
    genai: [
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.cache_read_input_tokens',
      'gen_ai.usage.cached_input_tokens',
      `${detail}.cache_read_tokens`,
      `${detail}.cached_tokens`,
      `${detail}.cache_read_input_tokens`,
    ],
    openinference: ['llm.token_count.prompt_details.cache_read'],
    vercel: ['ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens'],
  },
  cacheWriteTokens: {
    genai: [
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
      'gen_ai.usage.cache_write_input_tokens',
      `${detail}.cache_write_tokens`,
      `${detail}.cache_creation_input_tokens`,
    ],
    openinference: ['llm.token_count.prompt_details.cache_write'],
    vercel: ['ai.usage.inputTokenDetails.cacheWriteTokens'],
  },
  cacheWrite1hTokens: { genai: [`${detail}.ephemeral_1h_input_tokens`] },
  inputAudioTokens: {
    genai: [`${detail}.input_audio_tokens`],
    openinference: ['llm.token_count.prompt_details.audio'],
  },
  outputAudioTokens: {
    genai: [`${detail}.output_audio_tokens`],
    openinference: ['llm.token_count.completion_details.audio'],
  },
  reasoningTokens: {
    genai: [
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      `${detail}.reasoning_tokens`,
      `${detail}.thoughts_tokens`,
    ],
    openinference: ['llm.token_count.completion_details.reasoning'],
    vercel: ['ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens'],
  },
  /** What the AI SDK passes on of a provider's answer: JSON by provider, with its own count of tokens. */
  providerMetadata: { vercel: ['ai.response.providerMetadata'] },
  usageDetails: { langfuse: [`${observation}.usage_details`], langsmith: ['langsmith.usage_metadata'] },
  inputTokenDetails: { langsmith: ['gen_ai.usage.input_token_details'] },
  outputTokenDetails: { langsmith: ['gen_ai.usage.output_token_details'] },
  costUsd: { davylamp: ['davylamp.cost_usd'], genai: ['gen_ai.usage.cost'], openinference: ['llm.cost.total'] },
  costDetails: { langfuse: [`${observation}.cost_details`], langsmith: ['langsmith.usage_metadata'] },
  ttftSeconds: { genai: ['gen_ai.response.time_to_first_chunk'] },
  ttftMs: { davylamp: ['davylamp.ttft_ms'], vercel: ['ai.response.msToFirstChunk'] },
  completionStart: { langfuse: [`${observation}.completion_start_time`] },
  finishReasons: {
    genai: ['gen_ai.response.finish_reasons'],
    openinference: ['llm.finish_reason'],
    vercel: ['ai.response.finishReason'],
    langfuse: [`${observation}.metadata.finish_reason`],
  },
  promptName: {
    genai: ['gen_ai.prompt.name'],
    openinference: ['prompt.id'],
    traceloop: ['traceloop.prompt.key'],
    langfuse: [`${observation}.prompt.name`],
  },
  promptVersion: {
    openinference: ['llm.prompt_template.version'],
    traceloop: ['traceloop.prompt.version'],
    langfuse: [`${observation}.prompt.version`],
  },
  toolName: { genai: ['gen_ai.tool.name'], openinference: ['tool.name'], vercel: ['ai.toolCall.name'] },
  /** What the AI SDK is told of a prompt that Langfuse keeps: JSON with its name and version. */
  promptTold: { vercel: [`${told}.langfusePrompt`] },
  /** Without one, the result may be a message that answers a call by its id. */
  toolCallId: {
    genai: ['gen_ai.tool.call.id'],
    openinference: ['tool.id'],
    vercel: ['ai.toolCall.id'],
  },
  toolArguments: { genai: ['gen_ai.tool.call.arguments'], vercel: ['ai.toolCall.args'] },
  toolResult: { genai: ['gen_ai.tool.call.result'], vercel: ['ai.toolCall.result'] },
  toolOutcome: { davylamp: ['davylamp.tool.outcome'] },
  sessionId: {
    davylamp: ['davylamp.session.id'],
    genai: ['session.id', 'gen_ai.conversation.id'],
    traceloop: [`${association}.session_id`],
    vercel: [`${told}.sessionId`],
    langfuse: ['langfuse.session.id'],
    // langsmith.trace.session_id is LangSmith's project, not a session.
    langsmith: [`${langsmith}.session_id`, `${langsmith}.thread_id`],
  },
  userId: {
    davylamp: ['davylamp.user.id'],
    genai: ['user.id', 'enduser.id'],
    traceloop: [`${association}.user_id`],
    vercel: [`${told}.userId`],
    langfuse: ['langfuse.user.id'],
    langsmith: [`${langsmith}.user_id`],
  },
  conversationId: {
    genai: ['gen_ai.conversation.id'],
    openinference: ['metadata.thread_id'],
    traceloop: [`${association}.thread_id`],
    vercel: [`${told}.chatId`, `${told}.threadId`],
    langfuse: [`${observation}.metadata.thread_id`, 'langfuse.trace.metadata.thread_id'],
    langsmith: [`${langsmith}.thread_id`],
  },
  workflow: {
    davylamp: ['davylamp.workflow.name'],
    genai: ['gen_ai.workflow.name'],
    traceloop: ['traceloop.workflow.name'],
  },
  workflowVersion: { davylamp: ['davylamp.workflow.version'], genai: ['gen_ai.workflow.version'] },
  runId: { davylamp: ['davylamp.run.id'] },
  serving: { davylamp: ['davylamp.serving'] },
  status: { davylamp: ['davylamp.status'] },
  release: { davylamp: ['davylamp.release'], langfuse: ['langfuse.release'] },
  environment: {
    davylamp: ['davylamp.environment'],
    genai: ['deployment.environment.name', 'deployment.environment'],
    langfuse: ['langfuse.environment'],
  },
  tags: {
    davylamp: ['davylamp.tags'],
    openinference: ['tag.tags'],
    vercel: [`${told}.tags`],
    langfuse: ['langfuse.trace.tags'],
    langsmith: ['langsmith.span.tags'],
  },
} as const satisfies Record<string, ColumnKeys>

export type Column = keyof typeof columns

/** Columns that a resource may give for all its spans, where the spans themselves do not. */
export const resourceColumns = [
  'workflow',
  'workflowVersion',
  'environment',
  'release',
  'sessionId',
  'userId',
  'tags',
] as const satisfies readonly Column[]
