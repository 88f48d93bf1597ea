import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/**
 * Asks a person, after it has said that it will; with `silent` without a word. With `late` its cancel is asked for just
 * before, and its worker not told.
 */
export default ({ defineWorkflow, z, langgraph }: WorkflowKit) =>
  defineWorkflow({
    name: 'asking',
    version: '1',
    description: 'Asks a person.',
    input: z.object({ late: z.boolean().default(false), silent: z.boolean().default(false) }),
    graph({ services, run, progress }) {
      const { Annotation, END, START, StateGraph, interrupt } = langgraph
      const State = Annotation.Root({
        late: Annotation<boolean>,
        silent: Annotation<boolean>,
        result: Annotation<unknown>,
      })
      return new StateGraph(State)
        .addNode('prepare', async ({ late }) => {
          progress('Will ask')
          if (late) await services.postgres.sql`update runs set cancel_requested_at = now() where id = ${run.id}`
          return {}
        })
        .addNode('ask', ({ silent }) => ({ result: { told: interrupt(silent ? undefined : 'How many?') } }))
        .addEdge(START, 'prepare')
        .addEdge('prepare', 'ask')
        .addEdge('ask', END) as never
    },
    fallback: async () => ({ told: 'nothing' }),
  })
