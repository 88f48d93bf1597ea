import { once } from 'node:events'
import type { Request, Response } from 'express'
import { isTerminal, type RunEvent, type RunEventType, runEventTypes } from '../db/domain/run.ts'
import { findRun, type Run } from '../db/runs.ts'
import type { Services } from '../db/services.ts'
import { ApiError, errorJson } from './api-error.ts'

const pageSize = 500
export const heartbeatMs = 12_000
/** An ended run whose log does not end within this long after it has lost it. */
const lostLogMs = 30_000

/**
 * Streams a run's events as server-sent events from a cursor on: `Last-Event-ID`, else `?after=`. Ends after the terminal
 * event; a reader that has that already gets 204, so that an EventSource stops. `?types=a,b` filters without renumbering.
 * `access` throws an ApiError once the reader may not see the run any more: the stream then ends with an event `closed`.
 */
export async function streamRun(
  services: Services,
  run: Run,
  req: Request,
  res: Response,
  access: () => Promise<unknown>,
) {
  const { events, log } = services
  const ref = { runId: run.id, projectId: run.projectId }
  const gone = new AbortController()
  res.on('close', () => gone.abort())
  const head = await events.head(ref)
  // The reader may have left before anybody listened for that: nothing says so again.
  if (res.closed) return
  const after = Math.min(cursorOf(req), head?.seq ?? 0)
  if (head?.ended && after >= head.seq) return void res.status(204).end()

  const bell = new Bell(gone.signal)
  // First the doorbell, then the log: what is written in between rings.
  const unsubscribe = await events.subscribe(run.id, () => bell.ring())
  let closing: ApiError | undefined
  const beat = setInterval(() => {
    res.write(': still here\n\n')
    bell.ring()
    access().catch(error => {
      // A database that cannot be asked says nothing about who may read.
      if (!(error instanceof ApiError)) return log.debug('cannot ask who reads a stream', { run: run.id, error })
      closing = error
      gone.abort()
    })
  }, heartbeatMs)
  try {
    open(res)
    await follow(services, run, after, wanted(req), new Sink(res, gone.signal), bell)
  } finally {
    clearInterval(beat)
    unsubscribe()
    res.end(closing && `event: closed\ndata: ${JSON.stringify(errorJson(closing))}\n\n`)
  }
}

async function follow(
  services: Services,
  run: Run,
  after: number,
  wants: (type: RunEventType) => boolean,
  sink: Sink,
  bell: Bell,
) {
  let cursor = after
  while (!sink.gone) {
    const page = await services.events.read({ runId: run.id, projectId: run.projectId }, cursor, pageSize)
    const [first] = page
    if (first && first.seq > cursor + 1) await sink.write([await resync(services, run, first.seq - 1)])
    const shown = page.filter(({ type }) => wants(type))
    await sink.write(sink.slow ? mergeTokens(shown) : shown)
    const last = page.at(-1)
    cursor = last?.seq ?? cursor
    if (last && isTerminal(last.type)) return
    if (page.length === pageSize) continue
    if (!last && (await isLogLost(services, run))) return void (await sink.write([await resync(services, run, cursor)]))
    await bell.wait()
  }
}

function open(res: Response) {
  res.status(200)
  res.setHeader('content-type', 'text/event-stream; charset=utf-8')
  res.setHeader('cache-control', 'no-cache, no-transform')
  res.setHeader('x-accel-buffering', 'no')
  res.setHeader('connection', 'keep-alive')
  res.flushHeaders()
  res.write('retry: 2000\n\n')
}

/** Writes events and waits while the reader is behind, so that one slow reader costs one page. */
class Sink {
  slow = false
  private readonly res: Response
  private readonly signal: AbortSignal

  constructor(res: Response, signal: AbortSignal) {
    this.res = res
    this.signal = signal
  }

  get gone() {
    return this.signal.aborted
  }

  async write(events: RunEvent[]) {
    if (this.gone || events.length === 0) return
    const text = events.map(event => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    this.slow = !this.res.write(text.join(''))
    if (this.slow) await once(this.res, 'drain', { signal: this.signal }).catch(() => {})
  }
}

/** Remembers a ring that came while nobody waited. */
class Bell {
  private rung = false
  private wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring())
  }

  ring() {
    this.rung = true
    this.wake?.()
  }

  async wait() {
    if (!this.rung) await new Promise<void>(resolve => (this.wake = resolve))
    this.rung = false
    this.wake = undefined
  }
}

/** Tokens of one message in a row as one event, under the last one's number. */
export function mergeTokens(events: RunEvent[]): RunEvent[] {
  return events.reduce<RunEvent[]>((merged, event) => {
    const last = merged.at(-1)
    const joins = event.type === 'token' && last?.type === 'token' && last.data.message_id === event.data.message_id
    if (joins) merged[merged.length - 1] = { ...event, data: { ...event.data, text: last.data.text + event.data.text } }
    else merged.push(event)
    return merged
  }, [])
}

/** The run as it is, for a reader whose cursor lies before what is kept. */
async function resync(services: Services, run: Run, seq: number): Promise<RunEvent> {
  const { status, result, error, attempt } = (await findRun(services.postgres, run.id)) ?? run
  const at = new Date().toISOString()
  return {
    v: 1,
    run_id: run.id,
    seq,
    attempt,
    at,
    trace_id: run.traceId,
    type: 'resync',
    data: { status, result, error },
  }
}

async function isLogLost({ postgres }: Services, run: Run): Promise<boolean> {
  const { endedAt } = (await findRun(postgres, run.id)) ?? run
  return endedAt !== null && Date.now() - endedAt.getTime() > lostLogMs
}

/** A whole number, or 0: LangGraph's clients send -1. */
export function cursorOf(req: Pick<Request, 'get' | 'query'>): number {
  const text = req.get('last-event-id') ?? req.query.after
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function wanted(req: Request): (type: RunEventType) => boolean {
  const { types } = req.query
  if (typeof types !== 'string' || types === '') return () => true
  const chosen = new Set(types.split(','))
  return type => chosen.has(type) || isTerminal(type) || !runEventTypes.some(known => chosen.has(known))
}
