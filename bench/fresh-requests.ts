import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { WireReader } from '../ingest/otlp/wire.ts'

const corpus = join(import.meta.dirname, '../test/corpus/otlp')
const read = (file: string) => gunzipSync(readFileSync(join(corpus, file)))
type Place = { at: number; what: 'trace' | 'time' }

export const spansPerRequest = 512
/** Of all requests that this process makes, so that none has the ids of another. */
let made = 0
const files = [0, 1, 2, 3].map(number => `genai-512-${number}.pb.gz`)

/** Requests of 512 spans from all files of the corpus in turn, each with trace ids of its own and times of now. */
export function freshRequests(): () => Buffer {
  const next = files.map(freshFrom)
  let round = 0
  return () => (next[round++ % next.length] as () => Buffer)()
}

/** Makes requests from one file, by writing over its bytes; the last span ends when the request is made. */
function freshFrom(file: string): () => Buffer {
  const bytes = read(file)
  const places = spanPlaces(bytes)
  const times = places.filter(({ what }) => what === 'time').map(({ at }) => bytes.readBigUInt64LE(at))
  const last = latest(times)
  return () => {
    const fresh = Buffer.from(bytes)
    const shift = BigInt(Date.now()) * 1_000_000n - last
    const mark = Math.imul(++made, 0x9e3779b1)
    for (const { at, what } of places) {
      if (what === 'time') fresh.writeBigUInt64LE(bytes.readBigUInt64LE(at) + shift, at)
      else fresh.writeUInt32LE((bytes.readUInt32LE(at) ^ mark) >>> 0, at)
    }
    return fresh
  }
}

/** The same in OTLP's JSON form, from the one file that the corpus has in it. */
export function freshJsonRequests(): () => Buffer {
  const text = read('genai-512-0.json.gz').toString()
  const times = [...text.matchAll(/TimeUnixNano":"(\d+)"/g)].map(([, ns]) => BigInt(ns ?? 0))
  const last = latest(times)
  return () => {
    const shift = BigInt(Date.now()) * 1_000_000n - last
    const mark = (Math.imul(++made, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
    const fresh = text
      .replace(/(TimeUnixNano":")(\d+)"/g, (_, name, ns) => `${name}${BigInt(ns) + shift}"`)
      .replace(/("traceId":")[0-9a-f]{8}([0-9a-f]{16})[0-9a-f]{8}/g, (_, name, rest) => `${name}${mark}${rest}${mark}`)
    return Buffer.from(fresh)
  }
}

/** One JSON request of at least so many bytes. */
export function largeJson(bytes: number): Buffer {
  const next = freshJsonRequests()
  const parts: string[] = []
  for (let size = 0; size < bytes; size += parts.at(-1)?.length ?? 0)
    parts.push(JSON.stringify(JSON.parse(next().toString()).resourceSpans).slice(1, -1))
  return Buffer.from(`{"resourceSpans":[${parts.join(',')}]}`)
}

/** Math.max takes no bigints. */
const latest = (times: readonly bigint[]) => times.toSorted((a, b) => Number(a - b)).at(-1) ?? 0n

/** Where the trace ids and times of all spans stand. */
function spanPlaces(bytes: Buffer): Place[] {
  const reader = new WireReader(bytes)
  const messages = (from: number, to: number, tag: number) => {
    const found: { start: number; stop: number }[] = []
    reader.pos = from
    while (reader.next(to, 'the corpus')) if (reader.tag === tag) found.push({ start: reader.start, stop: reader.stop })
    return found
  }
  const below = (tag: number) => (parent: { start: number; stop: number }) => messages(parent.start, parent.stop, tag)
  const spans = messages(0, bytes.length, 0x0a).flatMap(below(0x12)).flatMap(below(0x12))
  return spans.flatMap(span => [
    ...below(0x0a)(span).map(({ start }) => ({ at: start, what: 'trace' as const })),
    ...[0x39, 0x41].flatMap(tag => below(tag)(span).map(({ start }) => ({ at: start, what: 'time' as const }))),
  ])
}
