import { Client, credentials, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js'
import { hex } from './otlp-factory.ts'

const services = { traces: 'trace.v1.TraceService', logs: 'logs.v1.LogsService', metrics: 'metrics.v1.MetricsService' }
type Signal = keyof typeof services
type Answer = { code: number; details: string; metadata: Metadata; body: Buffer | undefined }

/** A client that sends bytes as they are; `export` resolves with the status, whatever it is. */
export function grpcClient(url: string, options: Record<string, number> = {}) {
  const client = new Client(new URL(url).host, credentials.createInsecure(), options)
  const asIs = (bytes: Buffer) => bytes
  const send = (path: string, body: Buffer, headers: Record<string, string>, timeoutMs = 20_000) => {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    const deadline = Date.now() + timeoutMs
    return new Promise<Answer>(resolve => {
      let reply: Buffer | undefined
      let failure: ServiceError | null = null
      const call = client.makeUnaryRequest<Buffer, Buffer>(
        path,
        asIs,
        asIs,
        body,
        metadata,
        { deadline },
        (error, bytes) => {
          failure = error
          reply = bytes
        },
      )
      call.on('status', ({ code, details, metadata }: StatusObject) =>
        setImmediate(() => resolve({ code, details: failure?.details ?? details, metadata, body: reply })),
      )
    })
  }
  return {
    send,
    export: (signal: Signal, body: Buffer, headers: Record<string, string>) =>
      send(`/opentelemetry.proto.collector.${services[signal]}/Export`, body, headers),
    close: () => client.close(),
  }
}

/** A field of a protobuf message: bytes, or a message of fields. */
export function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), bytes])
}

const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(9, (number << 3) | 1)
  bytes.writeBigUInt64LE(value, 1)
  return bytes
}

/** One span in protobuf; ids are random unless given. */
export function spanMessage({ traceId = hex(16), spanId = hex(8), name = 'a span' } = {}): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n
  return Buffer.concat([
    field(1, Buffer.from(traceId, 'hex')),
    field(2, Buffer.from(spanId, 'hex')),
    field(5, name),
    fixed64(7, now - 1_000_000n),
    fixed64(8, now),
  ])
}

/** Records (spans, log records, metrics) within one resource and scope: the same field numbers for all three signals. */
export const exportRequest = (...records: Buffer[]) =>
  field(1, field(2, Buffer.concat(records.map(record => field(2, record)))))
