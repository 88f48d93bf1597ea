import type { HeaderReader, Identity } from '../db/identity.ts'
import type { Ledger } from '../db/ledger.ts'
import type { Fields } from '../db/log.ts'
import type { Redaction } from '../db/redaction.ts'
import type { Rejects } from '../db/rejects.ts'
import type { Services } from '../db/services.ts'
import type { BodyLimits } from './body.ts'
import type { ByteBudget } from './byte-budget.ts'
import { HttpError, overloaded } from './http-error.ts'
import type { Encoding, Rejected, Signal } from './otlp/answers.ts'
import { countingJson, countRecords } from './otlp/count-records.ts'
import { readTracesJson } from './otlp/json.ts'
import type { OtlpResourceLogs } from './otlp/log-request.ts'
import { readLogsJson } from './otlp/logs-json.ts'
import { readLogs } from './otlp/logs-protobuf.ts'
import { readTraces } from './otlp/protobuf.ts'
import { DecodeError, type OtlpResourceSpans } from './otlp/request.ts'
import { StoreUnavailable } from './persist.ts'
import { noteRejectedSpans } from './refusals.ts'
import type { Body, Sender } from './trace-intake.ts'
import { inTurns } from './turns.ts'

export type TakeTraces = (resources: OtlpResourceSpans[], from: Sender & Body) => Promise<Rejected>
export type TakeLogs = (resources: OtlpResourceLogs[], from: Sender & { bytes: number }) => Promise<Rejected>

/** What the OTLP servers, over HTTP and gRPC, have in common. */
export type OtlpParts = Pick<Services, 'identity'> & {
  warn(message: string, fields?: Fields): void
  ledger: Ledger
  rejects: Rejects
  redaction: Redaction
  limits: BodyLimits
  budget: ByteBudget
  takeTraces: TakeTraces
  takeLogs: TakeLogs
}

type Request = { signal: Signal; encoding: Encoding; body: Buffer; sender: Sender; free?(): void }

/**
 * Takes an inflated request, in a `turn` of its own; resolves, when what it holds is stored, with what was rejected.
 * `free` is called, if it is, when nothing refers to the body any more. Throws DecodeError, StoreUnavailable, or what the
 * stores threw: `refusalOf` says what that means for the sender.
 */
export async function takeRequest(request: Request, parts: OtlpParts): Promise<Rejected> {
  const { signal, encoding, body, sender, free } = request
  const isJson = encoding === 'json'
  const isEmpty = body.length === 0
  if (signal === 'traces') {
    const resources = isEmpty ? [] : await inTurns(isJson ? readTracesJson(body) : readTraces(body))
    const rejected = await parts.takeTraces(resources, { ...sender, bytes: body.length, free })
    if (rejected.count > 0) await noteRejectedSpans(parts, sender, body, encoding).catch(() => {})
    return rejected
  }
  if (signal === 'logs') {
    const resources = isEmpty ? [] : await inTurns(isJson ? readLogsJson(body) : readLogs(body))
    return parts.takeLogs(resources, { ...sender, bytes: body.length })
  }
  const count = isJson ? await inTurns(countingJson(body)) : countRecords(body)
  parts.ledger.record({ ...sender, item: signal, outcome: 'received', count, bytes: body.length })
  return { count: 0, message: '' }
}

/** The project whose key the headers carry. Throws HttpError 401, or 503 when keys cannot be checked. */
export async function projectOf(headers: HeaderReader, identity: Identity): Promise<string> {
  const caller = await identity.byKey(headers).catch(cause => {
    throw overloaded('keys cannot be checked at this moment: try again', cause)
  })
  if (caller === 'missing')
    throw new HttpError(
      401,
      'an API key is missing: send it as Authorization: Bearer, Basic (password), x-api-key or api_key',
    )
  if (caller === 'invalid') throw new HttpError(401, 'this API key is unknown or was revoked: make one in Settings')
  return caller.projectId
}

/** What an error means for the sender. What is not its fault may be tried again. */
export function refusalOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof DecodeError) return new HttpError(400, error.message)
  if (error instanceof StoreUnavailable) return overloaded(error.message, error)
  return overloaded('the request could not be stored: try again', error)
}

/** The product of a user agent, without its version: which library sends. */
export const clientOf = (userAgent: string | undefined) => /^[^\s/]{1,60}/.exec(userAgent ?? '')?.[0] ?? ''
