import { appendFile } from 'node:fs/promises'
import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** Works until it is told to stop, and writes both down in a file. */
export default ({ defineWorkflow, z, langgraph }: WorkflowKit) =>
  defineWorkflow({
    name: 'patient',
    version: '1',
    description: 'Works until it is told to stop.',
    input: z.object({ file: z.string() }),
    graph({ run, signal }) {
      const { Annotation, END, START, StateGraph } = langgraph
      const State = Annotation.Root({ file: Annotation<string>, result: Annotation<unknown> })
      return new StateGraph(State)
        .addNode('work', async ({ file }) => {
          await appendFile(file, `${run.attempt} begins\n`)
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          await appendFile(file, `${run.attempt} stops\n`)
          return {}
        })
        .addEdge(START, 'work')
        .addEdge('work', END) as never
    },
    fallback: async () => ({}),
  })
