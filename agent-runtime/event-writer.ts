import { setTimeout as pause } from 'node:timers/promises'
import { fitData, type NewRunEvent } from '../db/domain/run.ts'
import { FencedError, type RunWriter } from '../db/event-log.ts'
import type { RunEventLog } from '../db/events.ts'

const coalesceMs = 30
const largestToken = 1024
const triesMs = [50, 200, 1000, 3000]

/**
 * Writes one attempt's events in order, in batches: tokens of a message are joined for 30 ms or 1 KB. `onLost` is called
 * once when the log refuses the attempt, or cannot be written for seconds; later events are then dropped.
 */
export class EventWriter {
  private waiting: NewRunEvent[] = []
  private timer: NodeJS.Timeout | undefined
  private chain: Promise<void> = Promise.resolve()
  private lost = false
  /** The seq of the last event that is known to be in the log. */
  private known = 0
  private readonly events: RunEventLog
  private readonly writer: RunWriter
  private readonly onLost: (cause: Error) => void

  constructor(options: { events: RunEventLog; writer: RunWriter; onLost(cause: Error): void }) {
    this.events = options.events
    this.writer = options.writer
    this.onLost = options.onLost
  }

  emit(event: NewRunEvent) {
    if (this.lost) return
    const last = this.waiting.at(-1)
    const joins = event.type === 'token' && last?.type === 'token' && last.data.message_id === event.data.message_id
    if (joins && last.data.text.length + event.data.text.length <= largestToken) last.data.text += event.data.text
    else this.waiting.push(this.fit(event))
    if (this.waiting.length >= 64) void this.flush()
    else this.timer ??= setTimeout(() => void this.flush(), coalesceMs)
  }

  /** Resolves when all that was emitted is in the log, or the log was lost. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    const batch = this.waiting
    this.waiting = []
    if (batch.length > 0) this.chain = this.chain.then(() => this.write(batch))
    return this.chain
  }

  private async write(batch: NewRunEvent[], tries = 0): Promise<void> {
    if (this.lost) return
    try {
      const written = await this.events.append(this.writer, batch, { after: this.known, again: tries > 0 })
      this.known = written.at(-1)?.seq ?? this.known
    } catch (error) {
      const wait = triesMs[tries]
      if (error instanceof FencedError || wait === undefined) {
        this.lost = true
        return this.onLost(error instanceof Error ? error : new Error(String(error)))
      }
      await pause(wait)
      return this.write(batch, tries + 1)
    }
  }

  private fit(event: NewRunEvent): NewRunEvent {
    const see = event.span_id
      ? `span ${event.span_id} of trace ${this.writer.traceId}`
      : `/v1/runs/${this.writer.runId}`
    const data = event.type === 'token' ? { ...event.data } : fitData(event.type, event.data, see)
    return { at: new Date().toISOString(), ...event, data } as NewRunEvent
  }
}
