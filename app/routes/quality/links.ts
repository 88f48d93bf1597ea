import { useParams, useSearchParams } from '@remix-run/react'
import { type TraceFilters, writeFilters } from '../../../db/domain/trace-filters.ts'

export type ShownWindow = { fromMs: number; toMs: number; filters: TraceFilters }

/** Gives the address of exactly the traces behind a number: the very window, and the filters of page and number. */
export function useTracesOf({ fromMs, toMs, filters }: ShownWindow) {
  const { projectId } = useParams()
  return (more: TraceFilters = {}) => {
    const window = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })
    return `/p/${projectId}/traces?${writeFilters(window, { ...filters, ...more })}`
  }
}

/** Gives the address of a page of quality with the page's own state kept, and some of it changed. */
export function useQualityLink() {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  return (page: '' | 'tools' | 'tool', change: Record<string, string | undefined> = {}) => {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) next.delete(name)
      else next.set(name, value)
    }
    const query = next.size > 0 ? `?${next}` : ''
    return `/p/${projectId}/quality${page && `/${page}`}${query}`
  }
}
