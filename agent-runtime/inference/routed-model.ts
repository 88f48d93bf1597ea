import { setTimeout } from 'node:timers/promises'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Admitted } from './breaker.ts'
import type { Reserved, RunBudget } from './budget.ts'
import type { Model } from './models.ts'
import { classify, decideRetry, type RetryLimits } from './retry.ts'
import { type Attempted, type CallObserver, ModelsUnavailable, type Route } from './route.ts'
import { withinSilence } from './silence.ts'
import { countTokens, fitMessages, type OverflowPolicy } from './tokens.ts'

export type RoutedOptions = BaseChatModelCallOptions & { tools?: BindToolsInput[] }
type Parsed = Omit<RoutedOptions, 'callbacks' | 'tags' | 'metadata'> & { signal?: AbortSignal }

/**
 * One chat model over the declared ones: retries before the first token, then the next model, then ModelsUnavailable.
 * To LangChain it is a single call, so there is one span and one message for it, however many attempts it took.
 */
export class RoutedChatModel extends BaseChatModel<RoutedOptions> {
  private readonly route: Route
  private readonly observer: CallObserver
  private readonly limits: RetryLimits
  private readonly overflow: OverflowPolicy
  private readonly off: AbortSignal | undefined
  private readonly budget: Pick<RunBudget, 'reserve'> | undefined

  /** `off` ends calls at once, and refuses later ones, with its own reason; `budget` refuses those it has no room for. */
  constructor({
    route,
    observer,
    limits,
    overflow = 'trim',
    off,
    budget,
  }: {
    route: Route
    observer: CallObserver
    limits: RetryLimits
    overflow?: OverflowPolicy
    off?: AbortSignal
    budget?: Pick<RunBudget, 'reserve'>
  }) {
    super({ maxRetries: 0 })
    this.route = route
    this.observer = observer
    this.limits = limits
    this.overflow = overflow
    this.off = off
    this.budget = budget
  }

  _llmType() {
    return 'davylamp-routed'
  }

  override bindTools(tools: BindToolsInput[], kwargs?: Partial<RoutedOptions>) {
    return this.withConfig({ tools, ...kwargs })
  }

  override invocationParams(options?: this['ParsedCallOptions']) {
    const first = this.route.models[0]
    const { tools, tool_choice } = (options ?? {}) as RoutedOptions
    return { model: first?.model, provider: first?.provider, tools, tool_choice }
  }

  override getLsParams() {
    const first = this.route.models[0]
    return { ls_model_type: 'chat' as const, ls_provider: first?.provider, ls_model_name: first?.model }
  }

  async _generate(messages: BaseMessage[], options: Parsed, run?: CallbackManagerForLLMRun): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined
    for await (const chunk of this._streamResponseChunks(messages, options, run)) whole = whole?.concat(chunk) ?? chunk
    if (!whole) throw new Error('the model answered nothing')
    return { generations: [whole] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: Parsed,
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const began = Date.now()
    const failures: string[] = []
    const signal = this.off ? AbortSignal.any([this.off, ...(options.signal ? [options.signal] : [])]) : options.signal
    this.off?.throwIfAborted()
    const candidates = this.route.models.filter(model => this.route.isOpenFor(model, began))
    for (const [i, model] of candidates.entries()) {
      const fitted = fitMessages(messages, options.tools ?? [], model, this.overflow)
      for (let attempt = 1; ; attempt++) {
        const admitted = this.route.admit(model, Date.now())
        if (!admitted) {
          failures.push(`${model.name}: too many of its calls failed lately`)
          break
        }
        const reserved = await this.reserve(model, fitted, options, admitted)
        const firstMs = this.firstTokenMs(began, candidates.length - i)
        const tried = this.observer.attempt({ callId: run?.runId ?? '', model, number: attempt, admitted })
        let settled = false
        try {
          yield* this.call(model, fitted, { ...options, signal }, { tried, reserved, firstMs }, run)
          settled = true
          return
        } catch (error) {
          settled = true
          const failed = tried.failed(error)
          this.off?.throwIfAborted()
          if (signal?.aborted || !failed.beforeFirstToken) throw error
          const fault = classify(error)
          const next = decideRetry(fault, { attempt, elapsedMs: Date.now() - began, limits: this.limits })
          if (next === 'fail') throw error
          if (next === 'elsewhere') {
            failures.push(`${model.name}: ${fault.reason}`)
            const other = candidates[i + 1]
            if (other) this.observer.fallback({ from: model.name, to: other.name, reason: fault.reason })
            break
          }
          await pause(next.waitMs, signal)
        } finally {
          // Whoever reads may stop half-way: then neither an end nor an error comes by here.
          if (!settled) tried.failed(signal?.reason ?? unread)
        }
      }
    }
    throw new ModelsUnavailable(failures)
  }

  /** No model takes the time of those after it: the last one may be the one that answers. */
  private firstTokenMs(began: number, models: number) {
    const { firstTokenMs, deadlineMs } = this.limits
    const share = Math.floor((deadlineMs - (Date.now() - began)) / models)
    return Math.max(1, Math.min(firstTokenMs, share))
  }

  /** A call that is not sent says nothing about the model. */
  private async reserve(model: Model, messages: BaseMessage[], { tools = [] }: Parsed, admitted: Admitted) {
    try {
      return await this.budget?.reserve({ model, inputTokens: countTokens(messages, tools) })
    } catch (error) {
      admitted.release()
      throw error
    }
  }

  private async *call(
    model: Model,
    messages: BaseMessage[],
    options: Parsed,
    { tried, reserved, firstMs }: { tried: Attempted; reserved: Reserved | undefined; firstMs: number },
    run?: CallbackManagerForLLMRun,
  ) {
    const { tools = [], tool_choice, stop, signal } = options
    const halt = new AbortController()
    const signals = signal ? AbortSignal.any([signal, halt.signal]) : halt.signal
    let fault: unknown = unread
    try {
      const opened = this.route.open(model, { capped: reserved !== undefined })
      const bound = tools.length > 0 && opened.bindTools ? opened.bindTools(tools, { tool_choice }) : opened
      const stream = async () => {
        signals.throwIfAborted()
        reserved?.usage.send()
        // No callbacks: the call that LangChain sees is ours. The provider's client streams under its own signal.
        return bound.stream(messages, { signal: signals, stop, callbacks: [] })
      }
      for await (const message of withinSilence(stream, { firstMs, idleMs: this.limits.idleMs, signal, halt })) {
        const text = textOf(message)
        reserved?.usage.add(message, text)
        if (text || message.tool_call_chunks?.length) tried.token()
        const chunk = new ChatGenerationChunk({ message, text })
        yield chunk
        await run?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk })
      }
      fault = undefined
      tried.done()
    } catch (error) {
      fault = error
      throw error
    } finally {
      await reserved?.settle(fault)
    }
  }
}

const unread = new Error('the answer was not read to its end')

/** Ends early with the signal's own reason. */
const pause = (ms: number, signal: AbortSignal | undefined) =>
  setTimeout(ms, undefined, { signal }).catch(error => Promise.reject(signal?.aborted ? signal.reason : error))

const textOf = (message: AIMessageChunk) =>
  typeof message.content === 'string'
    ? message.content
    : message.content.map(part => (part.type === 'text' && typeof part.text === 'string' ? part.text : '')).join('')
