import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { WireReader } from '../ingest/otlp/wire.ts'

const corpus = join(import.meta.dirname, '../test/corpus/otlp')
type Place = { at: number; what: 'trace' | 'time' }

/**
 * Makes requests of 512 spans from a corpus file, each with trace ids of its own and times of now, by writing over the
 * bytes of the file.
 */
export function freshRequests(file: string): () => Buffer {
  const bytes = gunzipSync(readFileSync(join(corpus, file)))
  const places = spanPlaces(bytes)
  const times = places.filter(({ what }) => what === 'time').map(({ at }) => bytes.readBigUInt64LE(at))
  const first = times.sort((a, b) => Number(a - b))[0] ?? 0n
  let round = 0
  return () => {
    const fresh = Buffer.from(bytes)
    const shift = BigInt(Date.now()) * 1_000_000n - first
    round += 1
    for (const { at, what } of places) {
      if (what === 'time') fresh.writeBigUInt64LE(bytes.readBigUInt64LE(at) + shift, at)
      else fresh.writeUInt32LE((bytes.readUInt32LE(at) ^ Math.imul(round, 0x9e3779b1)) >>> 0, at)
    }
    return fresh
  }
}

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
