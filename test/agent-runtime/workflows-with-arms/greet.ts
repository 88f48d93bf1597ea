import type { WorkflowKit } from '../../../agent-runtime/workflows/load.ts'

/** Two versions of one workflow, each of which says what it was given: prompt, parameter, flags. `ask` makes it ask first. */
export default ({ defineWorkflow, z, langgraph, messages }: WorkflowKit) =>
  ['1', '2'].map(version =>
    defineWorkflow({
      name: 'greet',
      version,
      description: 'Greets.',
      input: z.object({ name: z.string(), ask: z.boolean().default(false) }),
      params: z.strictObject({ tone: z.enum(['warm', 'cool']).default('cool') }),
      prompts: { greeting: 'Greet in one sentence.' },
      graph({ model, params, prompts, flags }) {
        const { Annotation, END, interrupt, START, StateGraph } = langgraph
        const State = Annotation.Root({
          name: Annotation<string>,
          ask: Annotation<boolean>,
          said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
          fancy: Annotation<boolean[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
        })
        const say: (state: typeof State.State, config: object) => Promise<object> = async ({ name }, config) => {
          const fancy = flags.boolean('fancy', false)
          const asked = [
            new messages.SystemMessage(prompts.greeting),
            new messages.HumanMessage(`version ${version}, tone ${params.tone}, name ${name}`),
          ]
          const answer = await model.invoke(asked, config)
          return { said: [String(answer.content)], fancy: [fancy] }
        }
        return new StateGraph(State)
          .addNode('greet', say)
          .addNode('wait', ({ ask }) => (ask ? { said: [String(interrupt('go on?'))] } : {}))
          .addNode('again', say)
          .addEdge(START, 'greet')
          .addEdge('greet', 'wait')
          .addConditionalEdges('wait', ({ ask }) => (ask ? 'again' : END))
          .addEdge('again', END) as never
      },
      result: state => ({ version, said: state.said, fancy: state.fancy }),
      fallback: async ({ name }, { params }) => ({ version, plain: `Hello, ${name}.`, tone: params.tone }),
    }),
  )
