import { useFetcher, useParams, useSearchParams } from '@remix-run/react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { TracePage } from '../../../db/traces.ts'
import { joinOlder, joinRefreshed, startList } from './trace-list.ts'

/** The first page, which the route keeps fresh, and the older ones behind it, fetched as they come into view. */
export function useOlderTraces(first: TracePage) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const query = useMemo(() => listQuery(params), [params])
  const [kept, setList] = useState(() => ({ query, list: startList(first) }))
  const list = kept.query === query ? kept.list : startList(first)
  const { load, state, data } = useFetcher<TracePage & { query: string }>()

  useEffect(() => {
    setList(now => ({ query, list: now.query === query ? joinRefreshed(now.list, first) : startList(first) }))
  }, [first, query])
  useEffect(() => {
    if (data) setList(now => (now.query === data.query ? { query: now.query, list: joinOlder(now.list, data) } : now))
  }, [data])

  const { next } = list
  const loadMore = useCallback(() => {
    if (next && state === 'idle') load(`/p/${projectId}/traces/older?${query}&cursor=${next}`)
  }, [next, state, load, projectId, query])
  return { traces: list.traces, loadMore, loading: state !== 'idle' }
}

/** The part of the URL that decides which traces are listed. */
export function listQuery(params: URLSearchParams) {
  const query = new URLSearchParams(params)
  for (const name of ['peek', 'live', 'compare', 'cursor']) query.delete(name)
  return query.toString()
}
