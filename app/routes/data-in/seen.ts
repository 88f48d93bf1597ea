import type { Arrival } from '../../../db/arrivals.ts'
import type { KeptReject } from '../../../db/rejects.ts'

export type ClientSeen = {
  client: string
  spans: number
  logs: number
  signals: number
  rejected: number
  bytes: number
  lastAtMs: number
}

/** Clients, the last heard of first. What came out of the spool has no client, and was counted when it was received. */
export function byClient(arrivals: Arrival[]): ClientSeen[] {
  const seen = new Map<string, ClientSeen>()
  for (const { client, item, outcome, count, bytes, lastAtMs } of arrivals) {
    if (outcome !== 'received' && outcome !== 'rejected') continue
    const known = seen.get(client) ?? { client, spans: 0, logs: 0, signals: 0, rejected: 0, bytes: 0, lastAtMs: 0 }
    if (outcome === 'rejected') known.rejected += count
    else if (item === 'spans') known.spans += count
    else if (item === 'logs') known.logs += count
    else if (item === 'signals') known.signals += count
    if (outcome === 'received') known.bytes += bytes
    known.lastAtMs = Math.max(known.lastAtMs, lastAtMs)
    seen.set(client, known)
  }
  return [...seen.values()].sort((a, b) => b.lastAtMs - a.lastAtMs)
}

const conventions: [prefix: string, name: string][] = [
  ['gen_ai.', 'OpenTelemetry GenAI'],
  ['openinference.', 'OpenInference'],
  ['ai.', 'Vercel AI SDK'],
  ['traceloop.', 'Traceloop'],
  ['llm.request.type', 'Traceloop'],
  ['langfuse.', 'Langfuse'],
  ['langsmith.', 'LangSmith'],
  ['davylamp.', 'Davylamp'],
]

/** What an attribute that decided a span's kind is called, and what to make of it. */
export function conventionOf(mappedBy: string): { name: string; hint: string } {
  if (mappedBy === '')
    return { name: 'No convention', hint: 'ordinary spans: kept whole, of no kind that is counted in quality' }
  if (mappedBy.startsWith('hint:'))
    return { name: 'Guessed', hint: `no kind was told, but ${mappedBy.slice(5)} was given` }
  const found = conventions.find(([prefix]) => mappedBy.startsWith(prefix))
  return { name: found?.[1] ?? 'Another convention', hint: mappedBy }
}

export type RejectSeen = Pick<Arrival, 'item' | 'reason' | 'client' | 'count' | 'lastAtMs'> & {
  detail: string
  sample: string
}

/** What was rejected in the window, with a sample where one was kept; the newest first. */
export function withSamples(arrivals: Arrival[], kept: KeptReject[]): RejectSeen[] {
  const key = ({ item, reason, client }: { item: string; reason: string; client: string }) =>
    [item, reason, client].join('\n')
  const samples = new Map(kept.map(one => [key(one), one]))
  return arrivals
    .filter(({ outcome }) => outcome === 'rejected')
    .map(({ item, reason, client, count, lastAtMs }) => {
      const found = samples.get(key({ item, reason, client }))
      return { item, reason, client, count, lastAtMs, detail: found?.detail ?? '', sample: found?.sample ?? '' }
    })
    .sort((a, b) => b.lastAtMs - a.lastAtMs)
}
