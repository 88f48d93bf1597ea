import assert from 'node:assert/strict'
import { spanBlocks } from '../../../db/span-block.ts'
import { eventsOfSpans } from '../../../ingest/logs-events.ts'
import { finish } from '../../../ingest/otlp/finish.ts'
import { decodeTracesJson } from '../../../ingest/otlp/json.ts'
import { decodeLogsJson } from '../../../ingest/otlp/logs-json.ts'
import { decodeLogs } from '../../../ingest/otlp/logs-protobuf.ts'
import { decodeTraces } from '../../../ingest/otlp/protobuf.ts'
import { type Attributes, DecodeError } from '../../../ingest/otlp/request.ts'
import { mapRequest } from '../../../ingest/trace-intake.ts'
import { type Reference, readByProtobufjs } from './protobufjs.ts'

export type Input = { signal: 'traces' | 'logs'; encoding: 'protobuf' | 'json'; bytes: Buffer }
export type Verdict = 'rejected' | 'taken' | 'taken as protobufjs does'

/** Of one input of some kilobytes. */
const mostMs = 3_000

/**
 * What becomes of an input: a rejection in a sentence, or records that can be stored and that protobufjs, where it accepts
 * the bytes too, reads alike. Throws when it is anything else, or takes too long.
 */
export function judge(input: Input, readOther = readByProtobufjs): Verdict {
  const began = performance.now()
  const verdict = attempt(input, readOther)
  const tookMs = performance.now() - began
  assert.ok(tookMs < mostMs, `it took ${Math.round(tookMs)} ms`)
  return verdict
}

function attempt({ signal, encoding, bytes }: Input, readOther: typeof readByProtobufjs): Verdict {
  const read = encoding === 'json' ? undefined : () => readOther(bytes, signal)
  try {
    const found = signal === 'traces' ? takeTraces(bytes, encoding) : takeLogs(bytes, encoding)
    const reference = read?.()
    if (!reference) return 'taken'
    assert.deepEqual(found, summary(reference))
    return 'taken as protobufjs does'
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    assert.match(error.message, /^cannot decode OTLP request of \d+ bytes: .{3,}/)
    return 'rejected'
  }
}

type Item = { ids: string; name: string; keys: number; inner: number }

function takeTraces(bytes: Buffer, encoding: Input['encoding']): Item[] {
  const resources = encoding === 'json' ? decodeTracesJson(bytes) : decodeTraces(bytes)
  const { spans } = mapRequest(resources, 1_760_000_000_000)
  const rows = spans.map(span => Object.assign(span, { projectId: 'p', receivedMs: 1_760_000_000_000 }))
  spanBlocks(rows)
  return resources.flatMap(({ scopes }) =>
    scopes.flatMap(scope =>
      scope.spans.map(span => ({
        ids: `${span.traceId}/${span.spanId}`,
        name: comparable(span.name),
        keys: keysOf(span.attributes),
        inner: span.events.length + span.links.length,
      })),
    ),
  )
}

function takeLogs(bytes: Buffer, encoding: Input['encoding']): Item[] {
  const resources = encoding === 'json' ? decodeLogsJson(bytes) : decodeLogs(bytes)
  finish(eventsOfSpans(resources, 'p', 1_760_000_000_000))
  return resources.flatMap(({ scopes }) =>
    scopes.flatMap(scope =>
      scope.logs.map(log => ({
        ids: `${log.traceId}/${log.spanId}`,
        name: comparable(log.eventName),
        keys: keysOf(log.attributes),
        inner: 0,
      })),
    ),
  )
}

function summary({ resources }: Reference): Item[] {
  return resources.flatMap(({ scopes }) =>
    scopes.flatMap(scope =>
      scope.items.map(item => ({
        ids: `${hexOf(item.traceId)}/${hexOf(item.spanId)}`,
        name: comparable(item.name ?? item.eventName ?? ''),
        keys: keysOf(new Map(item.attributes.map(({ key }) => [key, null]))),
        inner: (item.events?.length ?? 0) + (item.links?.length ?? 0),
      })),
    ),
  )
}

/** An id is kept up to 32 bytes: a longer one is refused whatever it is. */
const hexOf = (bytes: ArrayLike<number>) => Buffer.from(Uint8Array.from(bytes).subarray(0, 32)).toString('hex')
/** What is no UTF-8 is read as replacements, of which each reader has its own number. */
const comparable = (text: string) => (/[\ufffd\ud800-\udfff]/.test(text) ? '' : text)
const keysOf = (attributes: Attributes) =>
  [...attributes].some(([key]) => comparable(key) !== key) ? -1 : attributes.size
