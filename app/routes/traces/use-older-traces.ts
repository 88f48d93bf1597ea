import { useParams, useSearchParams } from '@remix-run/react'
import { useMemo } from 'react'
import type { TracePage, TraceSummary } from '../../../db/traces.ts'
import { usePagedList } from '../../components/use-paged-list.ts'

const order = {
  idOf: ({ traceId }: TraceSummary) => traceId,
  atOf: ({ startedNs }: TraceSummary) => BigInt(startedNs),
}

/** The traces of the page, and those that are older as they come into view. */
export function useOlderTraces({ traces, next }: TracePage) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const first = useMemo(() => ({ rows: traces, next }), [traces, next])
  const query = useMemo(() => listQuery(params), [params])
  return usePagedList({ first, query, path: `/p/${projectId}/traces/older`, order })
}

/** The part of the URL that decides which traces are listed. */
export function listQuery(params: URLSearchParams) {
  const query = new URLSearchParams(params)
  for (const name of ['peek', 'live', 'compare', 'cursor']) query.delete(name)
  return query.toString()
}
