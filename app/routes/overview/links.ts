import { useParams, useSearchParams } from '@remix-run/react'
import { type TraceFilters, writeFilters } from '../../../db/domain/trace-filters.ts'

/** Gives the address of the traces behind a number: the page's window and filters, and those of the number. */
export function useTracesLink(filters: TraceFilters) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  return (more: TraceFilters = {}) => {
    const written = writeFilters(params, { ...filters, ...more })
    written.delete('compare')
    return `/p/${projectId}/traces?${written}`
  }
}
