import { quantity, share, whole } from '../db/domain/format.ts'
import { explanation, headline, incidentFilters, numbers, signed, subjectOf, type Told } from '../db/domain/incident.ts'
import { metricById } from '../db/domain/metrics.ts'
import { minute } from '../db/domain/moment.ts'
import type { ToldRamp } from '../db/domain/ramp-told.ts'
import { writeFilters } from '../db/domain/trace-filters.ts'

/** The words that all channels share. */
export function titleOf(told: Told): string {
  if (told.kind === 'resolved') return `Recovered: ${subjectOf(told)}`
  if (told.kind === 'acknowledged') return `Acknowledged by ${told.who ?? 'somebody'}: ${subjectOf(told)}`
  const again = told.kind === 'reopened' ? 'Again: ' : told.kind === 'escalated' ? 'Now urgent: ' : ''
  return `${again}${headline(told)}`
}

export function summaryOf(told: Told): string {
  const facts = numbers(told.metric, told.evidence)
  if (told.kind === 'resolved')
    return `${capital(told.reason)}. It was ${signed(told.evidence.relative)} (${facts}), from ${minute(told.startedAt)} to ${minute(told.at)}.`
  return [facts, explanation(told.evidence)].filter(Boolean).join('. ').replace(/\.\.$/, '.')
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

export type Line = { text: string; url?: string }

/** The lists below the sentence, each under its heading; empty ones are left out. */
export function listsOf(told: Told, links: Links): { heading: string; lines: Line[] }[] {
  if (told.kind === 'resolved' || told.kind === 'acknowledged') return []
  const { unit } = metricById(told.metric)
  const { segments, traces, changes } = told.evidence
  const lists = [
    {
      heading: 'What carries it',
      lines: segments.slice(0, 5).map(({ dimension, key, baseline, current, carries }) => ({
        text: `${dimension} ${key || '(none)'}: ${quantity(baseline, unit)} → ${quantity(current, unit)}, ${share(carries)} of the change`,
      })),
    },
    {
      heading: traces.length === 1 ? 'Worst trace' : `${traces.length} worst traces`,
      lines: traces.map(({ traceId, at, why }) => ({ text: `${minute(at)}  ${why}`, url: links.trace(traceId) })),
    },
    {
      heading: 'What changed in that window',
      lines: changes
        .slice(0, 8)
        .map(({ at, what, to }) => ({ text: `${minute(at)}  ${what}`, url: to ? links.page(to) : undefined })),
    },
  ]
  return lists.filter(({ lines }) => lines.length > 0)
}

/** The sentence below the title of a ramp's step. */
export const rampSummary = ({ reason, users }: ToldRamp) =>
  `${capital(reason)}. ${whole(users.canary)} users in the canary, ${whole(users.control)} in the control.`

export type Links = ReturnType<typeof linksOf>

export function linksOf(publicUrl: string, projectId: string) {
  const page = (path: string) => `${publicUrl}/p/${projectId}/${path}`
  return {
    page,
    incident: (id: number) => page(`alerts/incidents/${id}`),
    silence: (id: number) => page(`alerts/incidents/${id}?silence`),
    trace: (id: string) => page(`traces/${id}`),
    flag: (key: string) => page(`flags/${encodeURIComponent(key)}`),
    /** What the canary did, of the last week. */
    canary: (key: string) => page(`traces?${new URLSearchParams({ variant: `${key}=canary`, range: '7d' })}`),
    /** The traces behind it, in the window that was worse. */
    traces(told: Told) {
      const { split, to } = told.evidence.window
      return page(`traces?${writeFilters(new URLSearchParams({ from: split, to }), incidentFilters(told))}`)
    },
  }
}

/** At most so many characters, cut between them, with a mark where something is missing. */
export function clamp(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
