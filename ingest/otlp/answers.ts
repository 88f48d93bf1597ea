export type Encoding = 'protobuf' | 'json'
export type Signal = 'traces' | 'logs' | 'metrics'

export const contentTypes: Record<Encoding, string> = { protobuf: 'application/x-protobuf', json: 'application/json' }

/** What was not stored, and why; nothing rejected makes the empty message of full success. */
export type Rejected = { count: number; message: string }

const rejectedNames: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

/** An Export…ServiceResponse. */
export function exportAnswer(signal: Signal, { count, message }: Rejected, encoding: Encoding): Buffer {
  const full = count === 0 && message === ''
  if (encoding === 'json') {
    const partialSuccess = { [rejectedNames[signal]]: String(count), errorMessage: message }
    return Buffer.from(JSON.stringify(full ? {} : { partialSuccess }))
  }
  if (full) return Buffer.alloc(0)
  const partial = Buffer.concat([
    count > 0 ? Buffer.from([0x08, ...varint(count)]) : Buffer.alloc(0),
    field(0x12, message),
  ])
  return field(0x0a, partial)
}

/** gRPC's code for what an HTTP status says. */
export const rpcCode = (httpStatus: number) => rpcCodes[httpStatus] ?? 2

/** A google.rpc.Status, the form of OTLP's errors. */
export function statusAnswer(httpStatus: number, message: string, encoding: Encoding): Buffer {
  const code = rpcCode(httpStatus)
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([Buffer.from([0x08, code]), field(0x12, message)])
}

/** The same with a google.rpc.RetryInfo among its details: what Retry-After is to HTTP. In protobuf. */
export function retryAnswer(httpStatus: number, message: string, seconds: number): Buffer {
  const duration = Buffer.from([0x08, ...varint(seconds)])
  const detail = [field(0x0a, 'type.googleapis.com/google.rpc.RetryInfo'), field(0x12, field(0x0a, duration))]
  return Buffer.concat([statusAnswer(httpStatus, message, 'protobuf'), field(0x1a, Buffer.concat(detail))])
}

const rpcCodes: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 11,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
}

function field(tag: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  return bytes.length === 0 && typeof value === 'string'
    ? bytes
    : Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}
