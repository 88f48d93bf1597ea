import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import { Annotation, END, interrupt, MessagesAnnotation, Send, START, StateGraph } from '@langchain/langgraph'
import { z } from 'zod'
import { textOf } from '../../instrument/messages.ts'
import { runToolCall } from '../../tool-call.ts'
import type { Graph } from '../../workflow.ts'
import type { AnalyzeContext } from './params.ts'
import { publishTool, type Source } from './tools.ts'

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  question: Annotation<string>,
  publish: Annotation<boolean>,
  steps: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
  sources: Annotation<Source[]>({ reducer: mergeSources, default: () => [] }),
  decision: Annotation<Decision | undefined>,
  published: Annotation<Published | undefined>,
})
type State = typeof State.State
export type Published = { path: string } | { rejected: string }

/** What a person may answer: yes, no, the words for it, or either with a reason. */
const decision = z.union([
  z.boolean().transform(approve => ({ approve, reason: '' })),
  z.enum(['approve', 'reject']).transform(word => ({ approve: word === 'approve', reason: '' })),
  z.object({ approve: z.boolean(), reason: z.string().default('') }),
])
type Decision = z.infer<typeof decision>

/** A ReAct loop: the model calls tools until it answers; each call is a task of its own, kept when it ends. */
export function analyzeGraph(context: AnalyzeContext): Graph {
  const mostSteps = context.params.steps
  const model = context.model.bindTools?.(context.tools) ?? context.model

  async function agent(state: State, config: RunnableConfig) {
    // Out of steps, the model answers with what it has: without tools.
    const speaker = state.steps >= mostSteps ? context.model : model
    const asked: BaseMessage[] = state.messages.length > 0 ? [] : [new HumanMessage(state.question)]
    if (state.steps > 0 && state.steps < mostSteps) context.progress('Reading what was found')
    const answer = await speaker.invoke([new SystemMessage(context.prompts.agent), ...asked, ...state.messages], config)
    return { messages: [...asked, answer], steps: 1 }
  }

  async function act(state: { call: Call }, config: RunnableConfig) {
    const message = await runToolCall(context.tools, state.call, config)
    const sources: Source[] = Array.isArray(message.artifact) ? message.artifact : []
    return { messages: [message], sources }
  }

  // Nothing above the interrupt has an effect: a resume runs the node again from its beginning.
  function ask(state: State) {
    const answer = interrupt({ action: 'publish_summary', title: state.question, summary: answerOf(state) })
    const parsed = decision.safeParse(answer)
    return {
      decision: parsed.success
        ? parsed.data
        : { approve: false, reason: 'the decision was neither approve nor reject' },
    }
  }

  async function publish(state: State, config: RunnableConfig) {
    if (!state.decision?.approve) return { published: { rejected: state.decision?.reason ?? '' } }
    context.progress('Publishing the summary')
    const call = { name: 'publish_summary', args: { title: state.question, summary: answerOf(state) }, id: 'publish' }
    const message = await runToolCall([publishTool(context)], call, config)
    if (message.status === 'error') throw new Error(textOf(message))
    return { published: { path: z.object({ published: z.string() }).parse(JSON.parse(textOf(message))).published } }
  }

  const route = (state: State) => {
    const calls = callsOf(state)
    if (calls.length > 0) return calls.map(call => new Send('act', { call }))
    return state.publish && answerOf(state) ? 'ask' : END
  }

  const graph = new StateGraph(State)
    .addNode('agent', agent)
    .addNode('act', act)
    .addNode('ask', ask)
    .addNode('publish_answer', publish)
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', route, ['act', 'ask', END])
    .addEdge('act', 'agent')
    .addEdge('ask', 'publish_answer')
    .addEdge('publish_answer', END)
  // StateGraph's types name its state; the runtime asks only for what Graph says.
  return graph as unknown as Graph
}

/** What the run answers. */
export function analyzeResult(values: Record<string, unknown>) {
  const state = values as State
  return {
    answer: answerOf(state),
    sources: state.sources,
    ...(state.published && { published: state.published }),
  }
}

type Call = NonNullable<AIMessage['tool_calls']>[number]

function callsOf({ messages }: State): Call[] {
  const last = messages.at(-1)
  return last && AIMessage.isInstance(last) ? (last.tool_calls ?? []) : []
}

function answerOf({ messages }: State): string {
  const last = messages.findLast(message => AIMessage.isInstance(message) && textOf(message) !== '')
  return last ? textOf(last) : ''
}

function mergeSources(known: Source[], found: Source[]): Source[] {
  const byPlace = new Map([...known, ...found].map(source => [`${source.path}\n${source.title}`, source]))
  return [...byPlace.values()]
}
