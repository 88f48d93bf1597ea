import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { constants, gunzip, inflate, inflateRaw, type ZlibOptions, zstdDecompress } from 'node:zlib'
import type { ByteBudget } from './byte-budget.ts'
import { HttpError, overloaded } from './http-error.ts'

export type BodyLimits = {
  /** Before and after inflation. */
  bytes: number
  /** How long an upload may pause. */
  idleMs: number
}

export const bodyLimits: BodyLimits = { bytes: 64 << 20, idleMs: 15_000 }

type Share = ReturnType<ByteBudget['share']>

/** Reads a request's body, with or without a length told before. Throws HttpError 408, 413 or 503. */
export function readBody(request: IncomingMessage, limits: BodyLimits, share: Share): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const fail = (error: HttpError) => {
      settle()
      // The rest is read and dropped, so that the sender reads the answer instead of a broken pipe.
      request.resume()
      reject(error)
    }
    const late = () => fail(new HttpError(408, `the upload paused for ${limits.idleMs} ms after ${size} bytes`))
    const timer = setTimeout(late, limits.idleMs)
    const onData = (chunk: Buffer) => {
      timer.refresh()
      size += chunk.length
      if (size > limits.bytes) fail(tooLarge(limits))
      else if (share.take(chunk.length)) chunks.push(chunk)
      else fail(busy())
    }
    const onEnd = () => {
      settle()
      if (chunks.length === 1 && chunks[0]) return resolve(chunks[0])
      const body = Buffer.concat(chunks)
      for (const chunk of chunks) freeWhole(chunk)
      resolve(body)
    }
    const onClose = () => fail(new HttpError(400, `the upload broke off after ${size} bytes`))
    const settle = () => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      request.on('error', () => {})
    }
    if (Number(request.headers['content-length'] ?? 0) > limits.bytes) return fail(tooLarge(limits))
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

const gunzipAsync = promisify<Buffer, ZlibOptions, Buffer>(gunzip)
const inflateAsync = promisify<Buffer, ZlibOptions, Buffer>(inflate)
const inflateRawAsync = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)
const zstdAsync = promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress)

const inflaters: Record<string, (body: Buffer, max: number) => Promise<Buffer>> = {
  identity: async body => body,
  gzip: (body, max) => gunzipAsync(body, { maxOutputLength: max, chunkSize: chunkSize(body) }),
  // Some send the zlib form, as the standard says, others the bare stream.
  deflate: (body, max) => (isZlib(body) ? inflateAsync : inflateRawAsync)(body, { maxOutputLength: max }),
  zstd: (body, max) => zstdAsync(body, { maxOutputLength: max }),
}

export const encodings = Object.keys(inflaters).filter(name => name !== 'identity')

/** The encoding a request names, in lower case. Throws HttpError 415 for one that is not understood. */
export function contentEncoding(request: IncomingMessage): string {
  const name = (request.headers['content-encoding'] || 'identity').trim().toLowerCase()
  const known = name === 'x-gzip' ? 'gzip' : name
  if (Object.hasOwn(inflaters, known)) return known
  throw new HttpError(
    415,
    `content encoding ${name.slice(0, 40)} is not understood: use ${encodings.join(', ')} or none`,
  )
}

/** Inflates a body, never past the limit; what it was inflated from is freed and given back. Throws HttpError 400 (broken), 413 (too large) or 503. */
export async function inflateBody(body: Buffer, encoding: string, limits: BodyLimits, share: Share): Promise<Buffer> {
  const inflater = inflaters[encoding]
  if (!inflater || encoding === 'identity' || body.length === 0) return body
  // Refused before the work, by the sender's own word on the size.
  const told = encoding === 'gzip' ? Math.min(toldSize(body), limits.bytes) : 0
  if (!share.take(told)) throw busy()
  const bytes = await inflater(body, limits.bytes).catch(cause => {
    if (isCode(cause, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(limits)
    throw new HttpError(400, `cannot inflate ${body.length} bytes of ${encoding}: ${(cause as Error).message}`, {
      cause,
    })
  })
  if (bytes.length > told && !share.take(bytes.length - told)) throw busy()
  share.give(Math.max(0, told - bytes.length) + body.length)
  freeWhole(body)
  return bytes
}

/** Frees, at once, what a body was inflated to: left to the garbage collector, it makes that run often and long. */
export function freeInflated(bytes: Buffer) {
  // A small buffer may share its memory with others.
  if (bytes.buffer.byteLength > Buffer.poolSize) (bytes.buffer as ArrayBuffer).transfer(0)
}

/** The same for what came over the network, where the memory is that of no other buffer. */
function freeWhole({ buffer, byteLength }: Buffer) {
  if (byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}

/** What gzip tells of the inflated size at its end. */
const toldSize = (body: Buffer) => (body.length >= 4 ? body.readUInt32LE(body.length - 4) : 0)
/** So that output comes in one piece, within bounds; a byte is left over, as zlib makes another buffer when one is full. */
const chunkSize = (body: Buffer) => Math.min(Math.max(toldSize(body) + 1, constants.Z_MIN_CHUNK, 16_384), 8 << 20)

const isZlib = (body: Buffer) => body.length >= 2 && ((body[0] ?? 0) & 15) === 8 && body.readUInt16BE(0) % 31 === 0
const isCode = (cause: unknown, code: string) => cause instanceof Error && 'code' in cause && cause.code === code
const tooLarge = ({ bytes }: BodyLimits) =>
  new HttpError(413, `the request is larger than ${bytes} bytes (before or after inflation): send it in parts`)
export const busy = () => overloaded('too many bytes wait to be stored: try again in a moment')
