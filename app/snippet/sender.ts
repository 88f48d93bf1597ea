import type { FeedbackOptions } from './types.ts'

export type Signal = { id: string; kind: string; at: string; value?: number; action?: string; comment?: string }
type Waiting = { signal: Signal; done: (stored: boolean) => void }

const collectMs = 50
const triesMs = [1_000, 3_000, 10_000, 30_000]
const mostAtATime = 50
/** Browsers let a page leave 64 kB behind it; a letter takes up to four bytes. */
const mostLeftBehind = 15_000

/**
 * Sends signals in the order they were given, several at a time, one request after the other. What the network loses is
 * tried again; ids make a signal that arrives twice count once. When the page is left, what still waits goes by
 * sendBeacon.
 */
export function openSender(options: FeedbackOptions & { url: string }) {
  const { token, clientKey, traceId, userId, sessionId, url, onError } = options
  let waiting: Waiting[] = []
  /** A request is on its way, or a time for it is set. */
  let planned = false
  let tries = 0

  // As plain text a browser asks no leave of the other origin first, and a beacon can carry it.
  const bodyOf = (batch: Waiting[]) =>
    JSON.stringify({
      token: token ?? clientKey,
      signals: batch.map(({ signal }) => ({
        ...signal,
        trace_id: traceId,
        user_id: userId,
        session_id: sessionId,
      })),
    })
  const settle = (batch: Waiting[], stored: boolean) => {
    tries = 0
    for (const { done } of batch) done(stored)
  }
  const fail = (batch: Waiting[], message: string, status?: number) => {
    settle(batch, false)
    onError?.({ message, status })
  }
  const plan = (ms: number) => {
    if (!planned) setTimeout(send, ms)
    planned = true
  }

  async function send() {
    const batch = waiting.splice(0, mostAtATime)
    const waitMs = batch.length > 0 ? await post(batch) : 0
    planned = false
    if (waiting.length > 0) plan(waitMs || collectMs)
  }

  /** Answers how long to wait before the next request, when this one must be tried again. */
  async function post(batch: Waiting[]): Promise<number> {
    const body = bodyOf(batch)
    const keepalive = body.length < mostLeftBehind
    const request: RequestInit = { method: 'POST', body, keepalive, credentials: 'omit' }
    const answer = await fetch(`${url}/v1/signals`, request).catch(() => undefined)
    const retry = !answer || answer.status >= 500 || answer.status === 429
    const waitMs = retry ? triesMs[tries] : 0
    if (answer?.ok) settle(batch, true)
    else if (!retry) fail(batch, await reasonOf(answer), answer.status)
    else if (!waitMs) fail(batch, 'Davylamp could not be reached', answer?.status)
    else {
      tries += 1
      const corrected = new Set(waiting.map(({ signal }) => signal.id))
      for (const old of batch.filter(({ signal }) => corrected.has(signal.id))) old.done(true)
      waiting = [...batch.filter(({ signal }) => !corrected.has(signal.id)), ...waiting]
      return Math.max(waitMs, 1_000 * Number(answer?.headers.get('retry-after') ?? 0) || 0)
    }
    return 0
  }

  /** Stored then means handed over: the browser sends it after the page is gone. */
  function leave() {
    if (waiting.length === 0 || !navigator.sendBeacon(`${url}/v1/signals`, bodyOf(waiting))) return
    settle(waiting, true)
    waiting = []
  }
  window.addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave())

  return (signal: Signal) =>
    new Promise<boolean>(done => {
      // A correction that was not sent yet takes the place of what it corrects.
      const before = waiting.find(({ signal: { id } }) => id === signal.id)
      waiting = [...waiting.filter(one => one !== before), { signal, done }]
      before?.done(true)
      plan(collectMs)
    })
}

async function reasonOf(answer: Response): Promise<string> {
  const told = await answer.json().catch(() => undefined)
  return told?.error?.message ?? `Davylamp refused this with ${answer.status}`
}
