import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { Logger } from '../../db/log.ts'

export type OutboxLimits = {
  /** Spans kept while ingest cannot take them; beyond it the oldest are dropped, counted and told. */
  most: number
  batch: number
  everyMs: number
  backoffMs: number
  longestBackoffMs: number
}
export const outboxLimits: OutboxLimits = {
  most: 50_000,
  batch: 128,
  everyMs: 500,
  backoffMs: 200,
  longestBackoffMs: 15_000,
}

type Queue = {
  exporter: SpanExporter
  spans: ReadableSpan[]
  sending?: Promise<void>
  failures: number
  notBefore: number
}

/**
 * Sends ended spans to ingest, each project's with its own key, and keeps them while ingest is away. A trace must be
 * announced by `own` before its spans end, and is known until `disown` was called as often.
 */
export class SpanOutbox implements SpanProcessor {
  private readonly queues = new Map<string, Queue>()
  private readonly owners = new Map<string, { projectId: string; holders: number }>()
  private readonly timer: NodeJS.Timeout
  private kept = 0
  dropped = 0
  private readonly open: (projectId: string) => SpanExporter
  private readonly log: Logger
  private readonly limits: OutboxLimits

  constructor(options: { open(projectId: string): SpanExporter; log: Logger; limits?: OutboxLimits }) {
    this.open = options.open
    this.log = options.log
    this.limits = options.limits ?? outboxLimits
    this.timer = setInterval(() => this.sendDue(), this.limits.everyMs)
    this.timer.unref()
  }

  own(traceId: string, projectId: string) {
    const holders = (this.owners.get(traceId)?.holders ?? 0) + 1
    this.owners.set(traceId, { projectId, holders })
  }

  disown(traceId: string) {
    const owner = this.owners.get(traceId)
    if (owner && --owner.holders === 0) this.owners.delete(traceId)
  }

  onStart() {}

  onEnd(span: ReadableSpan) {
    const projectId = this.owners.get(span.spanContext().traceId)?.projectId
    if (projectId === undefined) return this.drop(1, `the trace of span ${span.name} is not open any more`)
    const queue = this.queueOf(projectId)
    queue.spans.push(span)
    this.kept++
    if (this.kept > this.limits.most) this.dropOldest()
    if (queue.spans.length >= this.limits.batch) this.sendDue()
  }

  /** Sends what a project has now, trying again until it is stored or the time is up; answers whether all of it is. */
  async flush(projectId: string, timeoutMs: number): Promise<boolean> {
    const queue = this.queues.get(projectId)
    const last = queue?.spans.at(-1)
    const until = Date.now() + timeoutMs
    while (queue && last && queue.spans.includes(last)) {
      const left = until - Date.now()
      if (left <= 0) return false
      await within(left, queue.sending ?? this.send(queue))
      if (queue.failures > 0) await pause(Math.min(this.limits.backoffMs, Math.max(0, until - Date.now())))
    }
    return true
  }

  async forceFlush() {
    await Promise.all([...this.queues.keys()].map(projectId => this.flush(projectId, 2_000)))
  }

  async shutdown() {
    clearInterval(this.timer)
    await this.forceFlush()
    if (this.kept > 0)
      this.log.error(`${this.kept} spans of runs could not be sent to ingest before the stop and are lost`)
    await Promise.allSettled([...this.queues.values()].map(({ exporter }) => exporter.shutdown()))
  }

  private sendDue() {
    const now = Date.now()
    for (const queue of this.queues.values())
      if (queue.spans.length > 0 && !queue.sending && queue.notBefore <= now) void this.send(queue)
  }

  private send(queue: Queue): Promise<void> {
    queue.sending = this.sendAll(queue).finally(() => {
      queue.sending = undefined
    })
    return queue.sending
  }

  /** One batch after the other until the queue is empty or ingest refuses. */
  private async sendAll(queue: Queue) {
    let size = this.limits.batch
    while (queue.spans.length > 0) {
      const batch = queue.spans.slice(0, size)
      const fault = await exportBatch(queue.exporter, batch)
      if (fault?.isFinal && batch.length > 1) {
        size = Math.ceil(batch.length / 2)
        continue
      }
      if (fault && !fault.isFinal) return this.delay(queue, fault.cause)
      this.take(queue, batch)
      if (fault) this.drop(1, fault.cause)
      if (queue.failures > 0) this.log.info('ingest takes the spans of runs again', { kept: this.kept })
      queue.failures = 0
    }
  }

  private delay(queue: Queue, cause: string) {
    if (queue.failures === 0)
      this.log.warn('ingest does not take the spans of runs; they are kept', { cause, kept: this.kept })
    queue.failures++
    const wait = this.limits.backoffMs * 2 ** Math.min(queue.failures, 10)
    queue.notBefore = Date.now() + Math.min(wait, this.limits.longestBackoffMs)
  }

  private take(queue: Queue, batch: ReadableSpan[]) {
    const sent = new Set(batch)
    const before = queue.spans.length
    queue.spans = queue.spans.filter(span => !sent.has(span))
    this.kept -= before - queue.spans.length
  }

  private dropOldest() {
    const [longest] = [...this.queues.values()].sort((a, b) => b.spans.length - a.spans.length)
    if (!longest?.spans.shift()) return
    this.kept--
    this.drop(1, `more than ${this.limits.most} spans wait for ingest`)
  }

  private drop(count: number, cause: string) {
    // Told at 1, 10, 100, ...: a flood of drops must not become a flood of lines.
    this.dropped += count
    if (Number.isInteger(Math.log10(this.dropped)))
      this.log.error('a span of a run was dropped', { cause, dropped: this.dropped })
  }

  private queueOf(projectId: string): Queue {
    const known = this.queues.get(projectId)
    if (known) return known
    const made: Queue = { exporter: this.open(projectId), spans: [], failures: 0, notBefore: 0 }
    this.queues.set(projectId, made)
    return made
  }
}

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const exported = 0

/** Bad data and too much of it will not be taken at another time either. */
const finalStatuses = new Set([400, 413, 415, 422])

function exportBatch(exporter: SpanExporter, batch: ReadableSpan[]) {
  return new Promise<{ cause: string; isFinal: boolean } | undefined>(resolve => {
    exporter.export(batch, ({ code, error }) => {
      if (code === exported) return resolve(undefined)
      const status = (error as { code?: unknown } | undefined)?.code
      resolve({
        cause: error?.message || `ingest answered ${String(status)}`,
        isFinal: finalStatuses.has(Number(status)),
      })
    })
  })
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const within = (ms: number, work: Promise<void>) => Promise.race([work, pause(ms)])
