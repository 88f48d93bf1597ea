import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { StructuredToolInterface } from '@langchain/core/tools'
import type { BaseCheckpointSaver, RunControl } from '@langchain/langgraph'
import { z } from 'zod'
import type { Services } from '../db/services.ts'

/** What a run gives its workflow. */
export type WorkflowContext = {
  run: { id: string; projectId: string; attempt: number; userId: string | null; sessionId: string | null }
  /** The configured models as one: retries, fallbacks and breakers are behind it. */
  model: BaseChatModel
  /** What the workflow's `tools` made. */
  tools: StructuredToolInterface[]
  services: Pick<Services, 'postgres' | 'clickhouse' | 'log'>
  /** Aborts when the run is cancelled or its worker stops. */
  signal: AbortSignal
  /** Tells the people who watch, in their words; inside a tool, pass its config to say it of the tool. */
  progress(text: string, more?: { count?: number; config?: RunnableConfig }): void
}

/** The part of a LangGraph StateGraph that the runtime uses; its state type is the workflow's own matter. */
export type Graph = {
  compile(options: { checkpointer: BaseCheckpointSaver; name: string }): CompiledGraph
}
export type CompiledGraph = {
  invoke(
    input: unknown,
    config: RunnableConfig & { control?: RunControl; durability?: 'sync' | 'async' },
  ): Promise<unknown>
  getState(config: RunnableConfig): Promise<Snapshot>
}
export type Snapshot = {
  values: unknown
  next: readonly string[]
  createdAt?: string
  tasks: { id: string; interrupts: { id?: string; value?: unknown }[]; result?: unknown; error?: unknown }[]
}

export type WorkflowFields<Input> = {
  /** Letters, digits, - and _. */
  name: string
  version: string
  description: string
  input: z.ZodType<Input>
  tools?(context: WorkflowContext): StructuredToolInterface[]
  /** A StateGraph, not compiled: the runtime adds checkpoints. Its first state is the input. */
  graph(context: WorkflowContext): Graph
  /** What the run answers, from the last state; without it the state's `result`, or the whole state. */
  result?(state: Record<string, unknown>): unknown
  /** A useful answer in plain code, without any model. */
  fallback(input: Input, context: WorkflowContext, config: RunnableConfig): Promise<unknown>
  /** `sync` (the default) writes each step before the next begins; `async` is faster where tools have no effects. */
  durability?: 'sync' | 'async'
}

const brand = Symbol.for('davylamp.workflow')
export type Workflow = Omit<WorkflowFields<unknown>, 'result' | 'durability' | 'tools'> &
  Required<Pick<WorkflowFields<unknown>, 'result' | 'durability' | 'tools'>> & {
    /** JSON Schema of the input, for forms and clients. */
    inputSchema: unknown
  }

const fields = z.object({
  name: z.string().regex(/^[\w-]{1,100}$/, 'must be letters, digits, - and _'),
  version: z.string().min(1, 'must not be empty'),
  description: z.string(),
  input: z.custom<z.ZodType>(value => value instanceof Object && 'safeParse' in value, 'must be a zod schema'),
  graph: z.custom(isFunction, 'must be a function that answers a StateGraph'),
  fallback: z.custom(isFunction, 'must be a function: a workflow answers without a model too'),
  tools: z.custom(isFunction, 'must be a function that answers tools').optional(),
  result: z.custom(isFunction, 'must be a function').optional(),
  durability: z.enum(['sync', 'async']).optional(),
})

/** Checks a workflow and fills in its defaults. Throws a sentence that names what is wrong. */
export function defineWorkflow<Input>(given: WorkflowFields<Input>): Workflow {
  const checked = fields.safeParse(given)
  if (!checked.success) {
    const faults = checked.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}`)
    throw new Error(`workflow ${given?.name ?? 'without a name'} cannot be used: ${faults.join('; ')}`)
  }
  const workflow = {
    tools: () => [],
    result: (state: Record<string, unknown>) => state.result ?? state,
    durability: 'sync' as const,
    ...given,
    inputSchema: z.toJSONSchema(given.input, { io: 'input', unrepresentable: 'any' }),
    [brand]: true,
  }
  // The input type is the workflow's own; the runtime parses with its schema before it hands anything in.
  return workflow as unknown as Workflow
}

export const isWorkflow = (value: unknown): value is Workflow => value instanceof Object && brand in value

function isFunction(value: unknown) {
  return typeof value === 'function'
}
