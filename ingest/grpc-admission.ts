import { type Metadata, ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from '@grpc/grpc-js'
import { busy } from './body.ts'
import { grpcStatus } from './grpc-status.ts'
import { HttpError } from './http-error.ts'
import { clientOf, type OtlpParts, projectOf, refusalOf } from './otlp-intake.ts'
import { noteRefusal } from './refusals.ts'
import type { Sender } from './trace-intake.ts'

export type Admission = {
  interceptor: ServerInterceptor
  /** Who makes an admitted call. */
  senderOf(metadata: Metadata): Sender
}

/** Messages that may be on their way at one time, and for how long. */
const arrivals = { atOnce: 32, withinMs: 30_000 }

/**
 * Checks the key of a call before its message is read, which grpc-js gathers in memory whole; so strangers send nothing,
 * and only so many messages arrive at one time.
 */
export function openAdmission(parts: OtlpParts): Admission {
  const { identity, limits } = parts
  const senders = new WeakMap<Metadata, Sender>()
  let arriving = 0

  const interceptor: ServerInterceptor = (_method, call) => {
    let timer: NodeJS.Timeout | undefined
    let sender: Sender | undefined
    const arrived = () => {
      if (!timer) return
      clearTimeout(timer)
      timer = undefined
      arriving -= 1
    }
    const refuse = (error: unknown) => {
      arrived()
      const refusal = refusalOf(error)
      if (sender) noteRefusal(parts, refusal, { sender })
      if (refusal.status >= 500) parts.warn('cannot let an OTLP call in', { error })
      call.sendStatus(grpcStatus(refusal))
    }
    // grpc-js refuses by itself what is too large, and tells that as it tells a call that was given up.
    const ended = () => {
      const isCut = timer !== undefined
      arrived()
      if (isCut && sender) noteRefusal(parts, cutOff(limits.bytes), { sender })
    }
    const late = () => refuse(new HttpError(408, `the message did not arrive within ${arrivals.withinMs} ms`))
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        if (arriving >= arrivals.atOnce) return refuse(busy())
        arriving += 1
        timer = setTimeout(late, arrivals.withinMs)
        const get = (name: string) => metadata.get(name)[0]?.toString()
        projectOf({ get }, identity).then(projectId => {
          sender = { projectId, client: clientOf(get('user-agent')) }
          senders.set(metadata, sender)
          next(metadata)
        }, refuse)
      })
      .withOnReceiveMessage((message, next) => {
        arrived()
        next(message)
      })
      .withOnCancel(ended)
      .build()
    return new ServerInterceptingCall(call, {
      start: next => next(listener),
      sendStatus(status, next) {
        arrived()
        next(status)
      },
    })
  }

  return {
    interceptor,
    senderOf(metadata) {
      const sender = senders.get(metadata)
      if (!sender) throw new Error('the call was not admitted')
      return sender
    },
  }
}

const cutOff = (bytes: number) =>
  new HttpError(413, `the message did not arrive whole: it is larger than ${bytes} bytes, or the call was given up`)
