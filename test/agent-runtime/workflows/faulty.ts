import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** Fails outside of its steps: where it makes its tools, for the user `tools`, or by what it answers. */
export default ({ defineWorkflow, z, langgraph: { Annotation, END, START, StateGraph } }: WorkflowKit) =>
  defineWorkflow({
    name: 'faulty',
    version: '1',
    description: 'Fails.',
    input: z.object({}),
    tools({ run }) {
      if (run.userId === 'tools') throw new Error('the toolbox is empty')
      return []
    },
    graph: () =>
      new StateGraph(Annotation.Root({ result: Annotation<unknown> }))
        .addNode('none', () => ({}))
        .addEdge(START, 'none')
        .addEdge('none', END) as never,
    result: () => ({ count: 1n }),
    fallback: async () => ({ count: 1n }),
  })
