import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** Says what it was given: a text, by plain code. */
export default ({ defineWorkflow, z, langgraph: { Annotation, END, START, StateGraph } }: WorkflowKit) =>
  defineWorkflow({
    name: 'echo',
    version: '1',
    description: 'Says a text again.',
    input: z.string(),
    graph: () =>
      new StateGraph(Annotation.Root({ result: Annotation<unknown> }))
        .addNode('none', () => ({}))
        .addEdge(START, 'none')
        .addEdge('none', END) as never,
    fallback: async text => text,
  })
