import { setTimeout } from 'node:timers/promises'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Model } from './models.ts'
import { classify, decideRetry, type RetryLimits } from './retry.ts'
import { type Attempted, type CallObserver, ModelsUnavailable, type Route } from './route.ts'
import { withinSilence } from './silence.ts'
import { fitMessages, type OverflowPolicy } from './tokens.ts'

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

  /** `off` ends calls at once, and refuses later ones, with its own reason. */
  constructor({
    route,
    observer,
    limits,
    overflow = 'trim',
    off,
  }: {
    route: Route
    observer: CallObserver
    limits: RetryLimits
    overflow?: OverflowPolicy
    off?: AbortSignal
  }) {
    super({ maxRetries: 0 })
    this.route = route
    this.observer = observer
    this.limits = limits
    this.overflow = overflow
    this.off = off
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
      for (let attempt = 1; ; attempt++) {
        if (!this.route.admit(model, Date.now())) {
          failures.push(`${model.name}: too many of its calls failed lately`)
          break
        }
        const tried = this.observer.attempt({ callId: run?.runId ?? '', model, number: attempt })
        let settled = false
        try {
          yield* this.call(model, messages, { ...options, signal }, tried, began, run)
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
          if (!settled) tried.failed(signal?.reason ?? new Error('the answer was not read to its end'))
        }
      }
    }
    throw new ModelsUnavailable(failures)
  }

  private async *call(
    model: Model,
    messages: BaseMessage[],
    options: Parsed,
    tried: Attempted,
    began: number,
    run?: CallbackManagerForLLMRun,
  ) {
    const { tools = [], tool_choice, stop, signal } = options
    const fitted = fitMessages(messages, tools, model, this.overflow)
    const opened = this.route.open(model)
    const bound = tools.length > 0 && opened.bindTools ? opened.bindTools(tools, { tool_choice }) : opened
    const halt = new AbortController()
    const signals = signal ? AbortSignal.any([signal, halt.signal]) : halt.signal
    // No callbacks: the call that LangChain sees is ours. The provider's client streams under its own signal.
    const stream = () => bound.stream(fitted, { signal: signals, stop, callbacks: [] })
    const firstTokenMs = Math.max(1, Math.min(this.limits.firstTokenMs, this.limits.deadlineMs - (Date.now() - began)))
    for await (const message of withinSilence(stream, {
      firstMs: firstTokenMs,
      idleMs: this.limits.idleMs,
      signal,
      halt,
    })) {
      const text = textOf(message)
      if (text || message.tool_call_chunks?.length) tried.token()
      const chunk = new ChatGenerationChunk({ message, text })
      yield chunk
      await run?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk })
    }
    tried.done()
  }
}

/** Ends early with the signal's own reason. */
const pause = (ms: number, signal: AbortSignal | undefined) =>
  setTimeout(ms, undefined, { signal }).catch(error => Promise.reject(signal?.aborted ? signal.reason : error))

const textOf = (message: AIMessageChunk) =>
  typeof message.content === 'string'
    ? message.content
    : message.content.map(part => (part.type === 'text' && typeof part.text === 'string' ? part.text : '')).join('')
