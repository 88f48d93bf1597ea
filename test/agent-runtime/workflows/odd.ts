import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** Reads a text that Postgres does not take as it is: with NUL, and so long that its preview ends within a character. */
export default ({ defineWorkflow, z, langgraph, tools, runToolCall }: WorkflowKit) =>
  defineWorkflow({
    name: 'odd',
    version: '1',
    description: 'Reads an odd text.',
    input: z.object({ fail: z.boolean().default(false) }),
    graph(context) {
      const { Annotation, END, START, StateGraph } = langgraph
      const State = Annotation.Root({ fail: Annotation<boolean>, result: Annotation<unknown> })
      const read = tools.tool(async () => `\0${'🜂'.repeat(9_000)}`, {
        name: 'read',
        description: 'Reads.',
        schema: z.object({}),
      })
      return new StateGraph(State)
        .addNode('read', async ({ fail }, config) => {
          await runToolCall([read], { name: 'read', args: {}, id: 'read-1' }, config)
          context.progress('Read a\0b')
          if (fail) throw new Error('cannot read a\0b')
          return { result: { text: 'a\0b', half: '🜂'.slice(0, 1), 'key\0': '\\u0000' } }
        })
        .addEdge(START, 'read')
        .addEdge('read', END) as never
    },
    fallback: async () => ({ text: 'a\0b' }),
  })
