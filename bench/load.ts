import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { z } from 'zod'
import { grpcClient } from '../test/ingest/grpc-client.ts'
import { freshJsonRequests, freshRequests, spansPerRequest } from './fresh-requests.ts'

// The process that sends: `bench/sender.ts` starts it and tells it what to do.

const gzipped = promisify(gzip)
export const loadForms = ['protobuf', 'json', 'grpc'] as const
const prepare = z.object({ prepare: z.enum(loadForms), requests: z.number() })
const send = z.object({
  send: z.enum(loadForms),
  url: z.string(),
  key: z.string(),
  lanes: z.number(),
  seconds: z.number(),
  /** Spans; without it, as fast as they are taken. */
  perSecond: z.number().optional(),
})
type Sending = z.infer<typeof send>
export type LoadCommand = z.infer<typeof prepare> | Sending
export type Sent = {
  spans: number
  bytes: number
  seconds: number
  /** Milliseconds to each answer of success, sorted. */
  waits: number[]
  /** Answers that asked to try again later. */
  refused: number
}

let bodies: Buffer[] = []
let inflatedBytes = 0

/** Requests as a client sends them: gzip as Node's exporters set it; gRPC compresses as it sends. */
async function prepareBodies(form: Sending['send'], requests: number) {
  const next = form === 'json' ? freshJsonRequests() : freshRequests()
  bodies = []
  inflatedBytes = 0
  for (let at = 0; at < requests; at += 4) {
    const raw = [next(), next(), next(), next()]
    inflatedBytes += raw.reduce((sum, body) => sum + body.length, 0)
    bodies.push(...(form === 'grpc' ? raw : await Promise.all(raw.map(body => gzipped(body)))))
  }
  return { requests: bodies.length, inflated: inflatedBytes / bodies.length / spansPerRequest }
}

async function sendAll({ send: form, url, key, lanes, seconds, perSecond }: Sending): Promise<Sent> {
  const post = form === 'grpc' ? overGrpc(url, key) : overHttp(url, key, form)
  const sent: Sent = { spans: 0, bytes: 0, seconds: 0, waits: [], refused: 0 }
  const began = performance.now()
  let taken = 0
  const lane = async () => {
    while (performance.now() - began < seconds * 1_000) {
      const body = bodies.pop()
      if (!body) return
      const due = perSecond ? began + (taken++ * spansPerRequest * 1_000) / perSecond : 0
      if (due > performance.now()) await delay(due - performance.now())
      // What is sent late, since answers were late, waits since it was due.
      const start = due > 0 ? due : performance.now()
      while (!(await post.send(body))) {
        sent.refused += 1
        await delay(200)
      }
      sent.waits.push(performance.now() - start)
      sent.spans += spansPerRequest
      sent.bytes += body.length
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  post.close()
  sent.seconds = (performance.now() - began) / 1_000
  return { ...sent, waits: sent.waits.sort((a, b) => a - b) }
}

/** Whether a request was taken; false when it should come again. */
type Post = { send(body: Buffer): Promise<boolean>; close(): void }

function overHttp(url: string, key: string, form: 'protobuf' | 'json'): Post {
  const agent = new Agent({ keepAlive: true })
  const type = form === 'json' ? 'application/json' : 'application/x-protobuf'
  const headers = { authorization: `Bearer ${key}`, 'content-type': type, 'content-encoding': 'gzip' }
  const one = (body: Buffer) =>
    new Promise<boolean>((resolve, reject) => {
      const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } }
      const call = request(`${url}/v1/traces`, options, answer => {
        const { statusCode = 0 } = answer
        answer.resume()
        answer.on('end', () => {
          if (statusCode === 200 || statusCode === 429 || statusCode === 503) resolve(statusCode === 200)
          else reject(new Error(`ingest answered ${statusCode}`))
        })
      })
      call.on('error', reject).end(body)
    })
  return { send: one, close: () => agent.destroy() }
}

function overGrpc(url: string, key: string): Post {
  const client = grpcClient(url, { 'grpc.default_compression_algorithm': 2 })
  return {
    async send(body) {
      const { code, details } = await client.export('traces', body, { authorization: `Bearer ${key}` })
      if (code === 0 || code === 14 || code === 8) return code === 0
      throw new Error(`ingest answered with code ${code}: ${details}`)
    },
    close: client.close,
  }
}

process.on('message', (message: LoadCommand) => {
  const work = 'prepare' in message ? prepareBodies(message.prepare, message.requests) : sendAll(send.parse(message))
  work.then(
    done => process.send?.({ done }),
    (error: Error) => process.send?.({ failed: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
