import { createServer } from 'node:net'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { listen } from '../db/listen.ts'
import { busy } from './body.ts'
import { type Admission, openAdmission } from './grpc-admission.ts'
import { grpcStatus } from './grpc-status.ts'
import { exportAnswer, type Signal } from './otlp/answers.ts'
import { type OtlpParts, refusalOf, takeRequest } from './otlp-intake.ts'
import { noteRefusal } from './refusals.ts'
import { turn } from './turns.ts'

const services: Record<Signal, string> = {
  traces: 'trace.v1.TraceService',
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
}

export type GrpcServer = {
  url: string
  /** Takes no more calls, lets those that run end within `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>
}

/** Listens for OTLP over gRPC on OTLP_GRPC_PORT, by the rules of OTLP over HTTP. */
export async function startGrpc(at: { port: number; host: string }, parts: OtlpParts): Promise<GrpcServer> {
  const admission = openAdmission(parts)
  const grpc = new Server({
    interceptors: [admission.interceptor],
    'grpc.max_receive_message_length': parts.limits.bytes,
    'grpc.max_concurrent_streams': 100,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.enable_channelz': 0,
  })
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const path = `/opentelemetry.proto.collector.${services[signal]}/Export`
    grpc.register(path, handler(signal, admission, parts), asIs, asIs, 'unary')
  }
  // Our own listener: it tells why a port cannot be used, and closes with its last connection.
  const connections = grpc.createConnectionInjector(ServerCredentials.createInsecure())
  const listener = createServer(socket => connections.injectConnection(socket))
  const port = await listen(listener, { ...at, setting: 'OTLP_GRPC_PORT' })
  return {
    url: `grpc://${at.host}:${port}`,
    async stop(graceMs) {
      const closed = new Promise<void>(resolve => listener.close(() => resolve()))
      connections.drain(graceMs)
      await closed
      grpc.forceShutdown()
    },
  }
}

const asIs = (bytes: Buffer) => bytes

function handler(signal: Signal, admission: Admission, parts: OtlpParts) {
  const take = async ({ metadata, request: body }: ServerUnaryCall<Buffer, Buffer>) => {
    const sender = admission.senderOf(metadata)
    const share = parts.budget.share()
    try {
      if (!share.take(body.length)) throw busy()
      await turn()
      return await takeRequest({ signal, encoding: 'protobuf', body, sender }, parts)
    } catch (error) {
      noteRefusal(parts, refusalOf(error), { sender, body })
      throw error
    } finally {
      share.release()
    }
  }
  return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    take(call).then(
      rejected => answer(null, exportAnswer(signal, rejected, 'protobuf')),
      error => {
        const refusal = refusalOf(error)
        if (refusal.status >= 500) parts.warn('cannot take an OTLP request over gRPC', { signal, error })
        answer(grpcStatus(refusal))
      },
    )
  }
}
