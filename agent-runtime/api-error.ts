import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { deepest, isDeep } from '../db/domain/json.ts'
import type { Logger } from '../db/log.ts'

const codes = {
  400: 'bad_input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'not_json',
  429: 'too_many_runs',
  503: 'unavailable',
} as const
type Status = keyof typeof codes

/** An answer that is not the one hoped for: a status, one sentence, and where in the input the fault is. */
export class ApiError extends Error {
  readonly status: Status
  readonly code: string
  readonly path: string | undefined
  readonly retryAfterS: number | undefined

  constructor(
    status: Status,
    message: string,
    { code = codes[status], path, retryAfterS }: { code?: string; path?: string; retryAfterS?: number } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.path = path
    this.retryAfterS = retryAfterS
  }
}

/** Parses input, or throws 400 with the path of its first fault. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, under: string[] = []): T {
  if (isDeep(value)) throw new ApiError(400, `${under.join('.') || 'the body'} nests deeper than ${deepest} levels`)
  const odd = findOddText(value, under)
  if (odd) throw new ApiError(400, `${odd.join('.') || 'the body'}: ${noOddText}`, { path: odd.join('.') || undefined })
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...under, ...(issue?.path ?? []), ...keys].join('.')
  throw new ApiError(400, `${path || 'the body'}: ${issue?.message ?? 'is not what is expected'}`, {
    path: path || undefined,
  })
}

const noOddText = 'must not hold the character NUL or half of a character'
const isOdd = (text: string) => text.includes('\0') || !text.isWellFormed()

/** Where in a value a text or a key stands that Postgres does not take. */
function findOddText(value: unknown, path: string[]): string[] | undefined {
  if (typeof value === 'string') return isOdd(value) ? path : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, one] of Object.entries(value)) {
    const odd = isOdd(key) ? path : findOddText(one, [...path, key])
    if (odd) return odd
  }
  return undefined
}

/** Refuses addresses that hold NUL: no run, project or user has it in its name. */
export const refuseOddAddress: RequestHandler = (req, _res, next) =>
  next(req.url.includes('%00') ? new ApiError(400, `the address ${noOddText}`) : undefined)

/** An async handler whose errors go to `answerErrors`. */
export const handle =
  (work: (req: Request, res: Response) => Promise<unknown>): RequestHandler =>
  (req, res, next) => {
    work(req, res).catch(next)
  }

export const errorJson = ({ code, message, path }: ApiError) => ({ error: { code, message, ...(path && { path }) } })

export function answerErrors(log: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error)
    const known = error instanceof ApiError ? error : fromBodyParser(error)
    if (!known) log.error('a request to the run API failed', { path: req.path, error })
    const answer = known ?? new ApiError(503, 'the request could not be served; try again', { retryAfterS: 2 })
    if (answer.retryAfterS !== undefined) res.setHeader('retry-after', String(answer.retryAfterS))
    res.status(answer.status).json(errorJson(answer))
  }
}

function fromBodyParser(error: { type?: string; status?: number }): ApiError | undefined {
  if (error?.type === 'entity.too.large') return new ApiError(413, 'the body is larger than 1 MB')
  if (error?.type === 'entity.parse.failed') return new ApiError(400, 'the body is not JSON')
  return error?.status === 400 || error?.status === 415
    ? new ApiError(error.status, 'the body cannot be read')
    : undefined
}
