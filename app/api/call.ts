import { z } from 'zod'

/** The dashboard's own use of the public API, by cookie, from the browser. */

export class ApiError extends Error {
  readonly status: number
  readonly path: string | undefined
  constructor(message: string, status: number, path?: string) {
    super(message)
    this.status = status
    this.path = path
  }
}

const errorBody = z.object({ error: z.object({ message: z.string(), path: z.string().optional() }) })

/** Calls our API and parses the answer. Throws ApiError with the server's own sentence. */
export async function callApi<T>(
  path: string,
  schema: z.ZodType<T>,
  init: RequestInit & { json?: unknown } = {},
): Promise<T> {
  const { json, ...rest } = init
  const body = json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(path, { ...body, ...rest })
  const data: unknown = await answer.json().catch(() => undefined)
  if (answer.ok) return schema.parse(data)
  const known = errorBody.safeParse(data)
  throw known.success
    ? new ApiError(known.data.error.message, answer.status, known.data.error.path)
    : new ApiError(`The server answered ${answer.status} ${answer.statusText}.`, answer.status)
}
