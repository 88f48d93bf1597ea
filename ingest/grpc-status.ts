import { Metadata } from '@grpc/grpc-js'
import type { HttpError } from './http-error.ts'
import { retryAnswer, rpcCode } from './otlp/answers.ts'

/** A refusal as gRPC tells it; one that may be tried again says when, as OTLP asks. */
export function grpcStatus({ status, message, retryAfterSeconds }: HttpError) {
  // grpc-js throws on halves of surrogate pairs, which a cut text can end with.
  const details = Buffer.from(message).toString()
  const metadata = new Metadata()
  if (retryAfterSeconds) metadata.set('grpc-status-details-bin', retryAnswer(status, details, retryAfterSeconds))
  return { code: rpcCode(status), details, metadata }
}
