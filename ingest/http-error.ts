/** A refusal with its HTTP status; the message is a sentence for the sender. */
export class HttpError extends Error {
  readonly status: number
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    message: string,
    { retryAfterSeconds, cause }: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** OpenTelemetry's exporters try again by themselves, within their timeout of 10 s. */
export const overloaded = (message: string, cause?: unknown) =>
  new HttpError(503, message, { retryAfterSeconds: 2, cause })
