import type { ErrorRequestHandler } from 'express'
import type { Logger } from '../db/log.ts'

/** A refusal of our own JSON API; `path` names the field of the input that is at fault. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly path: string | undefined
  readonly retryAfterS: number | undefined

  constructor(status: number, code: string, message: string, more: { path?: string; retryAfterS?: number } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.path = more.path
    this.retryAfterS = more.retryAfterS
  }
}

/** Answers what a handler threw; what is not a refusal is the stores' fault, and may be tried again. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    const refusal = error instanceof ApiError ? error : ofBodyParser(error)
    if (refusal) {
      const { status, code, message, path, retryAfterS } = refusal
      if (retryAfterS) response.setHeader('retry-after', String(retryAfterS))
      response.status(status).json({ error: { code, message, path } })
      return
    }
    log.warn('cannot answer a request for signals', { error })
    const message = 'The signals could not be stored at this moment: try again.'
    response
      .status(503)
      .setHeader('retry-after', '2')
      .json({ error: { code: 'unavailable', message } })
  }
}

/** The body parser marks its errors with a status. */
function ofBodyParser(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined
  if (error.status === 413) return new ApiError(413, 'too_large', 'The request is too large: send it in parts.')
  if (error.status === 415) return new ApiError(415, 'bad_encoding', 'The content encoding is not understood.')
  return error.status === 400 ? new ApiError(400, 'bad_input', 'The body is not JSON.') : undefined
}
