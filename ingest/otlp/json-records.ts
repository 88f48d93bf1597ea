import { jsonFrom } from './json-text.ts'
import { DecodeError, itemsPerSpan, maxItems, tooManyItems } from './request.ts'

/** A request of fewer bytes is parsed in one piece. */
const large = 4 << 20
/** Bytes that are looked through, and that are parsed, in one go. */
const seenAtOnce = 4 << 20
const parsedAtOnce = 1 << 20
/** More are refused anyway, so none are looked for: 64 MiB hold 20 million empty ones. */
const mostRecords = maxItems / itemsPerSpan

const [quote, backslash, comma, space] = [0x22, 0x5c, 0x2c, 0x20]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]
/** What is open around a record of any signal: the request, its resources, one of them, its scopes, one of them, its list. */
const around = [openObject, openList, openObject, openList, openObject, openList]

export type ParsedJson = {
  root: unknown
  /** The span, log record or metric that stands in a list of them. */
  record(item: unknown): unknown
}
type Piece = { start: number; stop: number }

/**
 * Parses a request as `jsonFrom` does. Of a large one each record is parsed by itself, with a stop now and then for who
 * has other things to do meanwhile: JSON.parse has none. What is left of the text has numbers in their place, so both
 * are JSON just when the whole is. Throws DecodeError.
 */
export function* parseJson(bytes: Buffer, largeFrom = large): Generator<void, ParsedJson> {
  if (bytes.length < largeFrom) return { root: jsonFrom(bytes), record: item => item }
  const { rest, pieces } = yield* cut(bytes)
  const root = jsonFrom(rest, { size: bytes.length })
  const records: unknown[] = []
  let parsed = 0
  for (const { start, stop } of pieces) {
    records.push(jsonFrom(bytes.subarray(start, stop), { size: bytes.length, start }))
    parsed += stop - start
    if (parsed < parsedAtOnce) continue
    parsed = 0
    yield
  }
  return { root, record: item => records[item as number] }
}

/** Where each record lies, and the text without them. Of what is not JSON, pieces that are not JSON either. */
function* cut(bytes: Buffer): Generator<void, { rest: Buffer; pieces: Piece[] }> {
  const open = new Uint8Array(around.length)
  const pieces: Piece[] = []
  const rest: Buffer[] = []
  let depth = 0
  let isText = false
  let kept = 0
  let start = -1
  const end = (stop: number) => {
    if (start < 0 || depth !== around.length || isBlank(bytes, start, stop)) return
    if (pieces.length === mostRecords)
      throw new DecodeError(`cannot decode OTLP request of ${bytes.length} bytes: ${tooManyItems}`)
    rest.push(bytes.subarray(kept, start), Buffer.from(` ${pieces.length} `))
    pieces.push({ start, stop })
    kept = stop
  }
  let stopAt = seenAtOnce
  for (let at = 0; at < bytes.length; at++) {
    if (at >= stopAt) {
      stopAt = at + seenAtOnce
      yield
    }
    const byte = bytes[at] as number
    if (isText) {
      if (byte === backslash) at += 1
      else if (byte === quote) isText = false
    } else if (byte === quote) isText = true
    else if (byte === openList || byte === openObject) {
      if (depth >= 0 && depth < around.length) open[depth] = byte
      depth += 1
      if (depth === around.length && around.every((kind, level) => open[level] === kind)) start = at + 1
    } else if (byte === closeList || byte === closeObject) {
      end(at)
      if (depth === around.length) start = -1
      depth -= 1
    } else if (byte === comma && depth === around.length) {
      end(at)
      if (start >= 0) start = at + 1
    }
  }
  rest.push(bytes.subarray(kept))
  return { rest: Buffer.concat(rest), pieces }
}

function isBlank(bytes: Buffer, start: number, stop: number): boolean {
  for (let at = start; at < stop; at++) if ((bytes[at] as number) > space) return false
  return true
}
