import { Annotation, Command, END, interrupt, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { decideBeginning, openQuestions } from '../../../agent-runtime/resume.ts'
import type { CompiledGraph, Graph } from '../../../agent-runtime/workflow.ts'

/** A saver whose process is killed at its write `deadAt`: that write and all later ones are not stored, nor answered. */
class DyingSaver extends MemorySaver {
  stores = 0
  deadAt = Number.POSITIVE_INFINITY
  dies = () => {}

  override put(...given: Parameters<MemorySaver['put']>) {
    return this.alive(() => super.put(...given))
  }
  override putWrites(...given: Parameters<MemorySaver['putWrites']>) {
    return this.alive(() => super.putWrites(...given))
  }
  private alive<T>(write: () => Promise<T>): Promise<T> {
    if (++this.stores < this.deadAt) return write()
    this.dies()
    return new Promise(() => {})
  }
}

const State = Annotation.Root({
  count: Annotation<number>,
  written: Annotation<number[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
})
type Node = (state: typeof State.State) => { written: number[] }
const step: Node = state => ({ written: [state.written.length + 1] })

const loop = () =>
  new StateGraph(State)
    .addNode('step', step)
    .addEdge(START, 'step')
    .addConditionalEdges('step', state => (state.written.length < state.count ? 'step' : END))

const asking = () =>
  new StateGraph(State)
    .addNode('first', () => ({ written: [interrupt('first?') as number] }))
    .addNode('second', () => ({ written: [interrupt('second?') as number, interrupt('third?') as number] }))
    .addNode('last', step)
    .addEdge(START, 'first')
    .addEdge('first', 'second')
    .addEdge('second', 'last')
    .addEdge('last', END)

const forked = () =>
  new StateGraph(State)
    .addNode('left', () => ({ written: [1] }))
    .addNode('right', () => ({ written: [interrupt('right?') as number] }))
    .addNode('joined', step)
    .addEdge(START, 'left')
    .addEdge(START, 'right')
    .addEdge(['left', 'right'], 'joined')
    .addEdge('joined', END)

/** Does what attempts do, one after another, until the run has ended; answers what it wrote. */
async function runToEnd(graph: CompiledGraph, saver: DyingSaver, answers: Record<string, number>) {
  const thread = { configurable: { thread_id: 'run' } }
  const decisions = new Map<string, unknown>()
  for (let attempt = 1; attempt < 20; attempt++) {
    const killed = new Promise<'killed'>(resolve => {
      saver.dies = () => resolve('killed')
    })
    const beginning = decideBeginning(await graph.getState(thread), decisions)
    if (beginning.go === 'finish') break
    if (beginning.go === 'ask') {
      for (const { interruptId, value } of beginning.questions) decisions.set(interruptId, answers[String(value)])
      continue
    }
    const input =
      beginning.go === 'deliver'
        ? new Command({ resume: beginning.decisions })
        : beginning.go === 'begin'
          ? { count: 4 }
          : null
    const ended = await Promise.race([killed, graph.invoke(input, { ...thread, durability: 'sync' })])
    if (ended === 'killed') saver.deadAt = Number.POSITIVE_INFINITY
  }
  const snapshot = await graph.getState(thread)
  expect(snapshot.tasks).toEqual([])
  expect(openQuestions(snapshot)).toEqual([])
  return (snapshot.values as typeof State.State).written
}

describe.each([
  { what: 'a loop', graph: loop, wanted: [1, 2, 3, 4] },
  { what: 'a graph that asks, twice in one node', graph: asking, wanted: [10, 20, 30, 4] },
  { what: 'a graph with two branches, of which one asks', graph: forked, wanted: [1, 40, 3] },
])('$what', ({ graph, wanted }) => {
  const answers = { 'first?': 10, 'second?': 20, 'third?': 30, 'right?': 40 }
  const open = (saver: DyingSaver) => (graph() as unknown as Graph).compile({ checkpointer: saver, name: 'test' })

  it('ends whole, whichever of its writes its worker is killed at', async () => {
    const whole = new DyingSaver()
    expect(await runToEnd(open(whole), whole, answers)).toEqual(wanted)
    expect(whole.stores).toBeGreaterThan(4)
    for (let deadAt = 1; deadAt <= whole.stores; deadAt++) {
      const saver = new DyingSaver()
      saver.deadAt = deadAt
      expect(await runToEnd(open(saver), saver, answers), `killed at write ${deadAt}`).toEqual(wanted)
    }
  })
})
