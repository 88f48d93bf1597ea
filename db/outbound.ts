import { lookup as systemLookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = { address: string; family: number }
export type Resolve = (host: string) => Promise<Address[]>
export type OutboundOptions = {
  /** Lets requests reach private, loopback and link-local addresses too. */
  allowPrivate: boolean
  /** How names are resolved; the system's way unless told. */
  resolve?: Resolve
  timeoutMs?: number
}
export type OutboundRequest = { url: string; headers?: Record<string, string>; body: string; method?: 'POST' | 'GET' }
export type OutboundAnswer = { status: number; headers: Record<string, string>; body: string }

/** A URL that we refuse to call; the message says why. */
export class RefusedUrlError extends Error {}

export type Outbound = (request: OutboundRequest) => Promise<OutboundAnswer>

const longestBody = 64 * 1024

/**
 * Requests to URLs that users give. A name is resolved once, all its addresses are checked, and the connection goes to the
 * very address that was checked: a name that resolves otherwise a moment later changes nothing. Redirects are not
 * followed: they are answers like others. Throws RefusedUrlError, or the network's error.
 */
export function openOutbound({
  allowPrivate,
  resolve = resolveBySystem,
  timeoutMs = 15_000,
}: OutboundOptions): Outbound {
  return async ({ url: text, headers = {}, body, method = 'POST' }) => {
    const url = checkUrl(text, { allowPrivate })
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const signal = AbortSignal.timeout(timeoutMs)
    const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await inTime(host, resolve(host), signal)
    if (addresses.length === 0) throw new Error(`${host} has no address`)
    const barred = allowPrivate ? undefined : addresses.find(({ address }) => !isPublic(address))
    if (barred) throw new RefusedUrlError(`${host} is at ${barred.address}, ${notPublic}`)
    const lookup: LookupFunction = (_name, options, done) => {
      if (options.all) done(null, addresses)
      else done(null, addresses[0]!.address, addresses[0]!.family)
    }
    const options: RequestOptions = {
      method,
      agent: false,
      lookup,
      headers: { 'user-agent': 'Davylamp', ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
    }
    return exchange(url, options, body)
  }
}

const notPublic = 'which is not a public address: set ALLOW_PRIVATE_ADDRESSES=true to let requests go there'

/** The URL, when it is one that may be called as far as can be told without resolving its name. */
export function checkUrl(text: string, { allowPrivate }: { allowPrivate: boolean }): URL {
  if (!URL.canParse(text)) throw new RefusedUrlError('this is not a URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new RefusedUrlError('a URL must begin with https:// or http://')
  if (url.username || url.password) throw new RefusedUrlError('a URL must not hold a user name or password')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!allowPrivate && (isIP(host) ? !isPublic(host) : /(^|\.)localhost\.?$/i.test(host)))
    throw new RefusedUrlError(`${host} is ${notPublic.replace('which is ', '')}`)
  return url
}

const givenOut = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]

/** Whether an address is one of the public internet: nothing private, local, shared, mapped or reserved. */
export function isPublic(text: string): boolean {
  const [bare = ''] = text.split('%')
  if (!ipaddr.isValid(bare)) return false
  const address = ipaddr.process(bare)
  // Of version 6 only this part is given out; `::7f00:1`, for one, is the machine itself written in an old way.
  if (address instanceof ipaddr.IPv6 && !address.match(givenOut)) return false
  return address.range() === 'unicast'
}

/** A question to a name server cannot be taken back: nobody waits for its answer any more. */
function inTime<T>(host: string, found: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${host} was not found in time`)), { once: true })
  })
  return Promise.race([found, late])
}

async function resolveBySystem(host: string): Promise<Address[]> {
  return systemLookup(host, { all: true, order: 'verbatim' })
}

function exchange(url: URL, options: RequestOptions, body: string): Promise<OutboundAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = send(url, options, response => {
      readBody(response).then(
        text => resolve({ status: response.statusCode ?? 0, headers: plain(response), body: text }),
        reject,
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The first 64 KB: what a receiver says is for the log, and must not fill our memory. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= longestBody) break
  }
  return Buffer.concat(chunks).subarray(0, longestBody).toString('utf8')
}

const plain = ({ headers }: IncomingMessage) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
