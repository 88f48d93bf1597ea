import { z } from 'zod'

/** What a failed call means: try again, try another model, or give up. */
export type Fault = { next: 'retry' | 'elsewhere' | 'fail'; reason: string; retryAfterMs?: number }

export type RetryLimits = {
  /** From the first attempt to the first token, over all attempts and models. */
  deadlineMs: number
  /** From one attempt to its first token, or its model's share of what is left of the deadline. */
  firstTokenMs: number
  /** From one token to the next. */
  idleMs: number
  attemptsPerModel: number
  backoffMs: number
}

export const retryLimits: RetryLimits = {
  deadlineMs: 90_000,
  firstTokenMs: 30_000,
  idleMs: 60_000,
  attemptsPerModel: 3,
  backoffMs: 300,
}

/** A model that did not begin to answer, or fell silent, within its time. */
export class SilenceError extends Error {
  override name = 'SilenceError'
}

const retried = new Set([408, 409, 425, 429])
/** This model cannot be used, another one can: wrong key, no such model. */
const elsewhere = new Set([401, 402, 403, 404, 410])

const failure = z.object({
  status: z.number().optional().catch(undefined),
  status_code: z.number().optional().catch(undefined),
  message: z.string().catch('it failed without a message'),
  headers: z.unknown().optional(),
})

/** Classes an error of any provider's client by its HTTP status; one without a status is a matter of the network. */
export function classify(error: unknown, now = Date.now()): Fault {
  const { status, status_code, message, headers } = failure.parse(
    error instanceof Object ? error : { message: String(error) },
  )
  const code = status ?? status_code
  const reason = code ? `${code} ${oneLine(message).replace(new RegExp(`^${code}\\s*`), '')}`.trim() : oneLine(message)
  if (code === undefined) return isNetwork(error) ? { next: 'retry', reason } : { next: 'fail', reason }
  if (retried.has(code) || code >= 500) return { next: 'retry', reason, retryAfterMs: retryAfter(headers, now) }
  return { next: elsewhere.has(code) ? 'elsewhere' : 'fail', reason }
}

/** Whether a failed call may have been taken by the provider, and so may cost something: it neither refused nor missed it. */
export function mayHaveBeenTaken(error: unknown): boolean {
  const { status, status_code } = failure.parse(error instanceof Object ? error : {})
  return (status ?? status_code) === undefined && !isRefusal(error) && !isUnreached(error)
}

const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** LangChain takes the status from a refusal of what does not fit the model. */
const isRefusal = (error: unknown) => error instanceof Error && error.name === 'ContextOverflowError'

function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return unreached.has((error as NodeJS.ErrnoException).code ?? '') || isUnreached(error.cause)
}

/** What to do after a fault: how long to wait before the same model is tried again, or 'elsewhere', or 'fail'. */
export function decideRetry(
  fault: Fault,
  {
    attempt,
    elapsedMs,
    limits,
    random = Math.random(),
  }: { attempt: number; elapsedMs: number; limits: RetryLimits; random?: number },
): { waitMs: number } | 'elsewhere' | 'fail' {
  if (fault.next !== 'retry') return fault.next
  if (attempt >= limits.attemptsPerModel) return 'elsewhere'
  const waitMs = fault.retryAfterMs ?? limits.backoffMs * 2 ** (attempt - 1) * (0.5 + random / 2)
  // A wait that leaves no time for the answer is not worth waiting: another model may answer now.
  return elapsedMs + waitMs >= limits.deadlineMs / 2 ? 'elsewhere' : { waitMs }
}

/** Milliseconds that `retry-after-ms` or `retry-after` (seconds or a date) asks for. */
export function retryAfter(headers: unknown, now: number): number | undefined {
  const get = (name: string) =>
    headers instanceof Headers ? headers.get(name) : ((headers ?? {}) as Record<string, string | undefined>)[name]
  const ms = Number(get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return Math.max(0, ms)
  const text = get('retry-after')
  if (!text) return undefined
  const seconds = Number(text)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

const network =
  /ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|UND_ERR|socket|network|fetch failed|connection|terminated|timed? ?out/i

function isNetwork(error: unknown): boolean {
  if (error instanceof SilenceError) return true
  if (!(error instanceof Error)) return false
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return network.test(`${error.name} ${error.message} ${code}`) || (error.cause !== undefined && isNetwork(error.cause))
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 300)
