import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentEncoding, freeInflated, inflateBody, readBody } from './body.ts'
import type { ByteBudget } from './byte-budget.ts'
import { HttpError } from './http-error.ts'
import { contentTypes, type Encoding, exportAnswer, type Rejected, type Signal, statusAnswer } from './otlp/answers.ts'
import { clientOf, type OtlpParts, projectOf, refusalOf, takeRequest } from './otlp-intake.ts'
import { noteRefusal, type Refused } from './refusals.ts'
import { slots } from './slots.ts'
import { turn } from './turns.ts'

const paths = /^(?:\/otlp|\/otel|\/api\/public\/otel)?\/v1\/(traces|logs|metrics)\/?$/

/** Which signal a URL is for, or undefined when it is none of OTLP's. */
export function signalAt(url: string): Signal | undefined {
  return paths.exec(url.split('?')[0] ?? '')?.[1] as Signal | undefined
}

/** Answers one OTLP/HTTP request; whatever goes wrong is told in the request's encoding. */
export async function answerOtlp(request: IncomingMessage, response: ServerResponse, signal: Signal, parts: OtlpParts) {
  allowBrowsers(request, response)
  if (request.method === 'OPTIONS') return void response.writeHead(204).end()
  const encoding = encodingOf(request)
  const share = parts.budget.share()
  try {
    const rejected = await take(request, { signal, encoding, share, ...parts })
    send(response, 200, exportAnswer(signal, rejected, encoding ?? 'json'), encoding)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal.status >= 500) parts.warn('cannot take an OTLP request', { signal, error })
    if (refusal.retryAfterSeconds) response.setHeader('retry-after', refusal.retryAfterSeconds)
    if (refusal.status === 405) response.setHeader('allow', 'POST, OPTIONS')
    if (!request.complete) response.setHeader('connection', 'close')
    send(response, refusal.status, statusAnswer(refusal.status, refusal.message, encoding ?? 'json'), encoding)
  } finally {
    share.release()
  }
}

type Task = OtlpParts & { signal: Signal; encoding: Encoding | undefined; share: ReturnType<ByteBudget['share']> }

async function take(request: IncomingMessage, task: Task): Promise<Rejected> {
  const { limits, share, identity } = task
  if (request.method !== 'POST') throw new HttpError(405, `use POST, not ${request.method}`)
  const get = (name: string) => [request.headers[name] ?? null].flat()[0] ?? null
  const sender = { projectId: await projectOf({ get }, identity), client: clientOf(request.headers['user-agent']) }
  let known: Refused = { sender }
  try {
    const encoding = knownEncoding(request, task.encoding)
    const compression = contentEncoding(request)
    const sent = await readBody(request, limits, share)
    known = { sender, body: sent }
    const body = await inflateInTurn(sent, compression, task)
    known = { sender, body, encoding, bytes: body.length }
    const free = body === sent ? undefined : () => freeInflated(body)
    return await takeRequest({ signal: task.signal, encoding, body, sender, free }, task)
  } catch (error) {
    noteRefusal(task, refusalOf(error), known)
    throw error
  }
}

/** As many as there are threads that inflate. */
const inflations = slots(4)

/** Resolves when it is this body's turn to be decoded: few are inflated at a time, as each is many times its size. */
async function inflateInTurn(sent: Buffer, compression: string, { limits, share }: Task): Promise<Buffer> {
  const giveBack = await inflations.take()
  try {
    const body = await inflateBody(sent, compression, limits, share)
    await turn()
    return body
  } finally {
    giveBack()
  }
}

function knownEncoding(request: IncomingMessage, encoding: Encoding | undefined): Encoding {
  if (encoding) return encoding
  const given = (request.headers['content-type'] ?? 'none').slice(0, 80)
  throw new HttpError(415, `content type ${given} is not understood: use application/x-protobuf or application/json`)
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : undefined
}

/** Keys travel in headers and no cookie counts here, so any page may send. */
function allowBrowsers(request: IncomingMessage, response: ServerResponse) {
  if (!request.headers.origin) return
  const asked = request.headers['access-control-request-headers']
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', 'retry-after')
  if (request.method !== 'OPTIONS') return
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS')
  response.setHeader(
    'access-control-allow-headers',
    asked ?? 'authorization, content-type, content-encoding, x-api-key',
  )
  response.setHeader('access-control-max-age', '7200')
}

function send(response: ServerResponse, status: number, body: Buffer, encoding: Encoding = 'json') {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': contentTypes[encoding], 'content-length': body.length }).end(body)
}
