import { type Metadata, ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from '@grpc/grpc-js'
import { busy } from './body.ts'
import { grpcStatus } from './grpc-status.ts'
import { HttpError } from './http-error.ts'
import { type OtlpParts, projectOf, refusalOf } from './otlp-intake.ts'

export type Admission = {
  interceptor: ServerInterceptor
  /** The project of an admitted call. */
  projectOf(metadata: Metadata): string
}

/** Messages that may be on their way at one time, and for how long. */
const arrivals = { atOnce: 32, withinMs: 30_000 }

/**
 * Checks the key of a call before its message is read, which grpc-js gathers in memory whole; so strangers send nothing,
 * and only so many messages arrive at one time.
 */
export function openAdmission({ identity, log }: Pick<OtlpParts, 'identity' | 'log'>): Admission {
  const projects = new WeakMap<Metadata, string>()
  let arriving = 0

  const interceptor: ServerInterceptor = (_method, call) => {
    let timer: NodeJS.Timeout | undefined
    const arrived = () => {
      if (!timer) return
      clearTimeout(timer)
      timer = undefined
      arriving -= 1
    }
    const refuse = (error: unknown) => {
      arrived()
      const refusal = refusalOf(error)
      if (refusal.status >= 500) log.warn('cannot let an OTLP call in', { error })
      call.sendStatus(grpcStatus(refusal))
    }
    const late = () => refuse(new HttpError(408, `the message did not arrive within ${arrivals.withinMs} ms`))
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        if (arriving >= arrivals.atOnce) return refuse(busy())
        arriving += 1
        timer = setTimeout(late, arrivals.withinMs)
        const get = (name: string) => metadata.get(name)[0]?.toString()
        projectOf({ get }, identity).then(projectId => {
          projects.set(metadata, projectId)
          next(metadata)
        }, refuse)
      })
      .withOnReceiveMessage((message, next) => {
        arrived()
        next(message)
      })
      .withOnCancel(arrived)
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
    projectOf(metadata) {
      const projectId = projects.get(metadata)
      if (projectId === undefined) throw new Error('the call was not admitted')
      return projectId
    },
  }
}
