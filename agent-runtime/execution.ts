import { hostname } from 'node:os'
import { type RunnableConfig, RunnableLambda } from '@langchain/core/runnables'
import { type BaseCheckpointSaver, Command, isGraphDrained, type RunControl } from '@langchain/langgraph'
import type { Prices } from '../db/costs.ts'
import { pinRun, readDecisions } from '../db/run-attempts.ts'
import type { Run } from '../db/runs.ts'
import type { RunUsage } from '../db/schema.ts'
import type { Services } from '../db/services.ts'
import { tellAnswers } from './answers.ts'
import { watchAttempts } from './attempts.ts'
import { findDiscard, isEmpty, readAll } from './discard.ts'
import { EventHandler } from './event-handler.ts'
import { EventWriter } from './event-writer.ts'
import { AiOff, type Hold, WithoutModel } from './hold.ts'
import { OverBudget, openBudget } from './inference/budget.ts'
import { retryLimits } from './inference/retry.ts'
import { ModelsUnavailable, type Route } from './inference/route.ts'
import { RoutedChatModel } from './inference/routed-model.ts'
import { openRunTrace } from './instrument/run-trace.ts'
import { SpanHandler } from './instrument/span-handler.ts'
import type { Tracing } from './instrument/tracing.ts'
import { type Beginning, decideBeginning, isAtEnd, openQuestions, openTasks, type Question } from './resume.ts'
import { contextOf } from './run-context.ts'
import { usedSoFar } from './run-usage.ts'
import { decideServing, offFor, type ServingDecision } from './serving.ts'
import type { CompiledGraph, Workflow } from './workflow.ts'

export type Runtime = {
  services: Services
  tracing: Tracing
  route: Route
  saver: BaseCheckpointSaver
  prices: Prices
}

export type Outcome =
  | { kind: 'done'; result: unknown }
  | { kind: 'interrupted'; questions: Question[] }
  | { kind: 'drained' }
  | { kind: 'halted' }
  | { kind: 'failed'; error: Error }

export type Attempted = {
  outcome: Outcome
  serving: ServingDecision
  usage: RunUsage
  writer: EventWriter
  settled(): Promise<void>
}

/** What an attempt runs; `barred` says why no model may serve it, whatever it has begun with. */
export type ToAttempt = { workflow: Workflow; run: Run; barred?: string }

/** Makes one attempt at a claimed run, from its input or from where the attempt before it ended. Does not throw. */
export async function attemptRun(
  runtime: Runtime,
  { workflow, run, barred }: ToAttempt,
  hold: Hold,
  control: RunControl,
): Promise<Attempted> {
  const { services, tracing } = runtime
  const { flags, postgres } = services
  const route = runtime.route.prefer(run.pinned.model)
  const writer = new EventWriter({
    events: services.events,
    writer: { runId: run.id, traceId: run.traceId, attempt: run.attempt },
    onLost: cause => hold.halt('lost', cause.message),
  })
  const off = offFor(flags, run)
  let serving: ServingDecision = barred
    ? { servedBy: 'deterministic', reason: barred }
    : run.servedBy === 'ai'
      ? { servedBy: 'ai' }
      : decideServing(run, route, off, Date.now())
  const trace = openRunTrace(tracing, run, serving.servedBy)
  const spans = new SpanHandler(trace, run.workflow, hold.signal)
  const handler = new EventHandler(event => writer.emit(event), spans)
  const stops = AbortSignal.any([hold.signal, hold.aiOff])
  const observer = watchAttempts({ trace, spans, emit: event => writer.emit(event), signal: stops })
  const budget = openBudget({ services, prices: runtime.prices, run, emit: event => writer.emit(event) })
  const model = new RoutedChatModel({ route, observer, limits: retryLimits, off: hold.aiOff, budget })
  const keep = () => pinRun(postgres, { runId: run.id, attempt: run.attempt }, run)
  let kept = Promise.resolve()
  const onRead = () => {
    trace.flagRead()
    kept = kept
      .then(keep)
      .catch(error => services.log.warn('a flag that a run read is not kept', { run: run.id, error }))
  }
  const context = contextOf({ run, workflow, services, hold, model, writer, handler, onRead })
  const config = { callbacks: [spans, handler], signal: hold.signal }

  async function work(): Promise<Outcome> {
    context.tools = workflow.tools(context)
    const graph = workflow.graph(context).compile({ checkpointer: runtime.saver, name: run.workflow })
    const thread = { configurable: { thread_id: run.id } }
    const snapshot = await graph.getState(thread)
    // What has begun with a model goes on in its graph; its model calls fall back, or are refused, by themselves.
    if (snapshot.createdAt && !barred) serving = { servedBy: 'ai' }
    const broke = !snapshot.createdAt && serving.servedBy === 'ai' ? await budget.foresee(route) : undefined
    if (broke) serving = { servedBy: 'deterministic', reason: broke.message }
    hold.callsModels = serving.servedBy === 'ai'
    if (serving.servedBy === 'ai' && off?.whenOff === 'stop') hold.switchOff(off.reason)
    // A run that AI was switched off for before it began is no exposure to the arm it was accepted with.
    if (serving.servedBy === 'deterministic' && off) await rearm('off')
    trace.serve(serving.servedBy)
    if (run.attempt > 1) await reset(openTasks(snapshot))
    const { servedBy, reason } = serving
    const began = {
      worker: `${hostname()}:${process.pid}`,
      served_by: servedBy,
      ...(reason && { served_reason: reason }),
    }
    writer.emit({ type: 'started', data: began })
    if (run.attempt > 1) await makeGoodAnswers()
    if (broke) budget.tell(broke)
    if (servedBy === 'deterministic') return fall()
    const beginning = decideBeginning(snapshot, await readDecisions(services.postgres, run.id))
    if (beginning.go === 'ask') return { kind: 'interrupted', questions: beginning.questions }
    if (beginning.go === 'finish') return finish(graph, thread)
    const input = inputOf(beginning, run)
    await graph.invoke(input, {
      ...config,
      ...thread,
      control,
      durability: workflow.durability,
      recursionLimit: 100,
      runName: run.workflow,
    })
    return finish(graph, thread)
  }

  async function finish(graph: CompiledGraph, thread: RunnableConfig): Promise<Outcome> {
    const snapshot = await graph.getState(thread)
    const questions = openQuestions(snapshot)
    if (questions.length > 0) return { kind: 'interrupted', questions }
    if (!isAtEnd(snapshot)) return { kind: 'drained' }
    return doneWith(workflow.result(snapshot.values as Record<string, unknown>))
  }

  async function fall(): Promise<Outcome> {
    const fallback = RunnableLambda.from((input: unknown, own: RunnableConfig) =>
      workflow.fallback(input, context, own),
    )
    return doneWith(await fallback.invoke(run.input, { ...config, runName: 'fallback' }))
  }

  async function reset(tasks: string[]) {
    const discard = findDiscard(await readAll(services.events, { runId: run.id, projectId: run.projectId }), tasks)
    if (run.queuedBecause === 'worker lost' || !isEmpty(discard))
      writer.emit({ type: 'attempt.reset', data: { reason: run.queuedBecause, ...discard } })
  }

  const makeGoodAnswers = () =>
    tellAnswers(services, run, writer).catch(error =>
      services.log.warn('the answers to a run could not be told to its readers', { run: run.id, error }),
    )

  async function rearm(arm: 'off') {
    run.arms = { ...run.arms, [run.workflow]: arm }
    await keep()
  }

  /** No model answered, or none may: the deterministic path serves what the graph could not. */
  async function fallInstead(error: Error): Promise<Outcome> {
    serving = { servedBy: 'deterministic', reason: error.message }
    hold.callsModels = false
    trace.serve('deterministic')
    // Of a budget's refusal it was told when the call was not sent.
    if (!(error instanceof OverBudget)) {
      const code = error instanceof AiOff ? 'ai.off' : 'models.unavailable'
      writer.emit({ type: 'warning', data: { code, message: error.message } })
    }
    if (error instanceof AiOff && handler.broken.length > 0) {
      const discard = { message_ids: handler.broken, tool_ids: [], task_ids: [] }
      writer.emit({ type: 'attempt.reset', data: { reason: 'AI was switched off', ...discard } })
    }
    return fall()
  }

  const outcome = await work()
    .catch(error => {
      const cause = hold.aiOff.aborted ? hold.aiOff.reason : error
      const falls = serving.servedBy === 'ai' && (cause instanceof WithoutModel || cause instanceof ModelsUnavailable)
      return falls && !hold.signal.aborted && !isGraphDrained(error) ? fallInstead(cause) : Promise.reject(error)
    })
    .catch((error): Outcome => {
      if (isGraphDrained(error)) return { kind: 'drained' }
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) }
    })
  return {
    outcome: hold.signal.aborted && outcome.kind !== 'done' ? { kind: 'halted' } : outcome,
    serving,
    usage: usedSoFar(run, handler),
    writer,
    async settled() {
      await spans.open.settle(hold.halted?.kind === 'stopping' ? 300 : undefined)
      trace.close()
      await kept
      await writer.flush()
    },
  }
}

function inputOf(beginning: Beginning, run: Run): unknown {
  if (beginning.go === 'deliver') return new Command({ resume: beginning.decisions })
  return beginning.go === 'begin' ? run.input : null
}

/** Throws where the result is no JSON: it could not be kept, at this attempt or at any other. */
function doneWith(result: unknown): Outcome {
  try {
    return { kind: 'done', result: JSON.parse(JSON.stringify(result ?? null)) }
  } catch (error) {
    throw new Error(`its result is not JSON: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}
