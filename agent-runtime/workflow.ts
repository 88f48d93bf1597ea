import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { StructuredToolInterface } from '@langchain/core/tools'
import type { BaseCheckpointSaver, RunControl } from '@langchain/langgraph'
import { z } from 'zod'
import type { Services } from '../db/services.ts'
import type { RunFlags } from './run-flags.ts'

/** What a run gives its workflow. */
export type WorkflowContext<Params = Record<string, unknown>, Prompts = Record<string, string>> = {
  run: { id: string; projectId: string; attempt: number; userId: string | null; sessionId: string | null }
  /** The configured models as one: retries, fallbacks and breakers are behind it. */
  model: BaseChatModel
  /** What the workflow's `tools` made. */
  tools: StructuredToolInterface[]
  /** The workflow's parameters and prompts as the run's arm has them: kept for the run's life. */
  params: Params
  prompts: Prompts
  /** Other flags of the project, for the run's user; what they say is kept for the run's life and stamped on its spans. */
  flags: RunFlags
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
  createdAt?: string
  tasks: { id: string; interrupts: { id?: string; value?: unknown }[]; result?: unknown; error?: unknown }[]
}

export type WorkflowFields<Input, Params = Record<string, unknown>, Prompts = Record<string, string>> = {
  /** Letters, digits, - and _. */
  name: string
  /** Several versions of one name stand side by side: the first serves until a flag says otherwise. */
  version: string
  description: string
  input: z.ZodType<Input>
  /** What a flag's arm may set, each with a default: an object schema that takes `{}`. */
  params?: z.ZodType<Params>
  /** The prompts that a flag's arm may replace, by name. */
  prompts?: Prompts
  tools?(context: WorkflowContext<Params, Prompts>): StructuredToolInterface[]
  /** A StateGraph, not compiled: the runtime adds checkpoints. Its first state is the input. */
  graph(context: WorkflowContext<Params, Prompts>): Graph
  /** What the run answers, from the last state; without it the state's `result`, or the whole state. */
  result?(state: Record<string, unknown>): unknown
  /** A useful answer in plain code, without any model. */
  fallback(input: Input, context: WorkflowContext<Params, Prompts>, config: RunnableConfig): Promise<unknown>
  /** `sync` (the default) writes each step before the next begins; `async` is faster where tools have no effects. */
  durability?: 'sync' | 'async'
}

const brand = Symbol.for('davylamp.workflow')
type Filled = 'result' | 'durability' | 'tools' | 'params' | 'prompts'
export type Workflow = Omit<WorkflowFields<unknown>, Filled> &
  Required<Pick<WorkflowFields<unknown>, Filled>> & {
    /** JSON Schemas of the input and the parameters, for forms and clients. */
    inputSchema: unknown
    paramsSchema: unknown
  }

const fields = z.object({
  name: z.string().regex(/^[\w-]{1,100}$/, 'must be letters, digits, - and _'),
  version: z.string().min(1, 'must not be empty'),
  description: z.string(),
  input: z.custom<z.ZodType>(isSchema, 'must be a zod schema'),
  params: z
    .custom<z.ZodType>(isSchema, 'must be a zod schema')
    .refine(schema => schema.safeParse({}).success, 'must give every parameter a default')
    .optional(),
  prompts: z.record(z.string(), z.string(), 'must be texts by name').optional(),
  graph: z.custom(isFunction, 'must be a function that answers a StateGraph'),
  fallback: z.custom(isFunction, 'must be a function: a workflow answers without a model too'),
  tools: z.custom(isFunction, 'must be a function that answers tools').optional(),
  result: z.custom(isFunction, 'must be a function').optional(),
  durability: z.enum(['sync', 'async']).optional(),
})

/** Checks a workflow and fills in its defaults. Throws a sentence that names what is wrong. */
export function defineWorkflow<Input, Params = Record<string, unknown>, Prompts = Record<string, string>>(
  given: WorkflowFields<Input, Params, Prompts>,
): Workflow {
  const checked = fields.safeParse(given)
  if (!checked.success) {
    const faults = checked.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}`)
    throw new Error(`workflow ${given?.name ?? 'without a name'} cannot be used: ${faults.join('; ')}`)
  }
  const params = given.params ?? z.strictObject({})
  const workflow = {
    tools: () => [],
    result: (state: Record<string, unknown>) => state.result ?? state,
    durability: 'sync' as const,
    prompts: {},
    ...given,
    params,
    inputSchema: jsonSchemaOf(given.input),
    paramsSchema: jsonSchemaOf(params),
    [brand]: true,
  }
  // The types of input and parameters are the workflow's own; the runtime parses with its schemas before it hands any in.
  return workflow as unknown as Workflow
}

const jsonSchemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

export const isWorkflow = (value: unknown): value is Workflow => value instanceof Object && brand in value

function isSchema(value: unknown) {
  return value instanceof Object && 'safeParse' in value
}

function isFunction(value: unknown) {
  return typeof value === 'function'
}
