import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** A workflow of one's own, as a file in WORKFLOWS_DIR: writes `count` notes, one a step, each by a tool with an effect. Its first attempt hangs before note `hangAt`. */
export default ({ defineWorkflow, z, langgraph, tools, runToolCall, idempotencyKey }: WorkflowKit) =>
  defineWorkflow({
    name: 'steps',
    version: '3',
    description: 'Writes notes, one a step.',
    input: z.object({
      count: z.number().int().min(1),
      stepMs: z.number().int(),
      list: z.string(),
      hangAt: z.number().int().default(0),
    }),
    graph(context) {
      const { Annotation, END, START, StateGraph } = langgraph
      const State = Annotation.Root({
        count: Annotation<number>,
        stepMs: Annotation<number>,
        list: Annotation<string>,
        hangAt: Annotation<number>,
        written: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
      })
      const { sql } = context.services.postgres
      const write = (key: string, stepMs: number) =>
        tools.tool(
          async ({ list, number }: { list: string; number: number }) => {
            await sql`insert into note_calls (list, number, key) values (${list}, ${number}, ${key})`
            await new Promise(resolve => setTimeout(resolve, stepMs))
            await sql`insert into notes (list, number, key) values (${list}, ${number}, ${key}) on conflict do nothing`
            return JSON.stringify({ written: number })
          },
          {
            name: 'write_note',
            description: 'Writes a note.',
            schema: z.object({ list: z.string(), number: z.number() }),
          },
        )
      return new StateGraph(State)
        .addNode('step', async (state, config) => {
          const call = {
            name: 'write_note',
            args: { list: state.list, number: state.written + 1 },
            id: `note-${state.written + 1}`,
          }
          if (context.run.attempt === 1 && call.args.number === state.hangAt) {
            context.progress(`Hangs before note ${state.hangAt}`)
            await new Promise(() => {})
          }
          await runToolCall([write(idempotencyKey(context.run.id, call, config), state.stepMs)], call, config)
          context.progress(`Wrote note ${state.written + 1}`)
          return { written: 1 }
        })
        .addEdge(START, 'step')
        .addConditionalEdges('step', state => (state.written < state.count ? 'step' : END)) as never
    },
    result: state => ({ written: state.written }),
    fallback: async ({ count }) => ({ written: 0, asked: count }),
  })
