import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { ErrorCode } from '../../db/domain/flags/evaluate.ts'
import type { Logger } from '../../db/log.ts'

/** An answer other than the one hoped for, in OFREP's shape. */
export class Refusal extends Error {
  readonly status: number
  readonly errorCode: ErrorCode | undefined
  readonly retryAfterS: number | undefined

  constructor(
    status: number,
    details: string,
    { errorCode, retryAfterS }: { errorCode?: ErrorCode; retryAfterS?: number } = {},
  ) {
    super(details)
    this.status = status
    this.errorCode = errorCode
    this.retryAfterS = retryAfterS
  }
}

/** An async handler; `keyOf` names the flag that an error is about, which clients of a single flag want to read. */
export const handler =
  (
    log: Logger,
    work: (req: Request, res: Response) => Promise<unknown>,
    keyOf: (req: Request) => string | undefined = () => undefined,
  ): RequestHandler =>
  (req, res, next) => {
    work(req, res).catch(error => {
      if (res.headersSent) return next(error)
      const known = error instanceof Refusal ? error : fromBodyParser(error)
      if (!known) log.error('a request for flags failed', { path: req.path, error })
      answer(res, known ?? new Refusal(500, 'the flags could not be evaluated: try again'), keyOf(req))
    })
  }

/** What Express itself refuses: a path that cannot be decoded. */
export const refuseBadPaths: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent || !(error instanceof URIError)) return next(error)
  answer(res, new Refusal(400, 'the key cannot be decoded', { errorCode: 'PARSE_ERROR' }), '')
}

function answer(res: Response, { status, message, errorCode, retryAfterS }: Refusal, key: string | undefined) {
  if (retryAfterS !== undefined) res.setHeader('retry-after', String(retryAfterS))
  // Clients take a 400 or 500 for an answer about a flag only when it names the flag and a code.
  const about = status === 400 || status === 500
  const told = about && { ...(key !== undefined && { key }), errorCode: errorCode ?? 'GENERAL' }
  res.status(status).json({ ...told, errorDetails: message })
}

function fromBodyParser(error: { type?: string; status?: number }): Refusal | undefined {
  if (error?.type === 'entity.too.large')
    return new Refusal(400, `the body is larger than ${longestBody}`, { errorCode: 'INVALID_CONTEXT' })
  return error?.status === 400 || error?.status === 415
    ? new Refusal(400, 'the body is not JSON', { errorCode: 'PARSE_ERROR' })
    : undefined
}

export const longestBody = '128kb'
