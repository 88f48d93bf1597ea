import { useFetcher } from '@remix-run/react'
import { useCallback, useEffect, useState } from 'react'
import { joinOlder, joinRefreshed, type OlderPage, type Order, type Page, startList } from './paged-list.ts'

type Asked<Row> = {
  first: Page<Row>
  /** What decides which rows are listed: another query is another list. */
  query: string
  /** Answers `?query&cursor=` with an older page and that query. */
  path: string
  order: Order<Row>
}

/** The first page, which the route keeps fresh, and the older ones behind it, fetched as they come into view. */
export function usePagedList<Row>({ first, query, path, order }: Asked<Row>) {
  const [kept, keep] = useState(() => ({ query, list: startList(first) }))
  const list = kept.query === query ? kept.list : startList(first)
  const { load, state, data } = useFetcher()
  const older = data as (OlderPage<Row> & { query: string }) | undefined

  useEffect(() => {
    keep(now => ({ query, list: now.query === query ? joinRefreshed(now.list, first, order) : startList(first) }))
  }, [first, query, order])
  useEffect(() => {
    if (older) keep(now => (now.query === older.query ? { ...now, list: joinOlder(now.list, older, order) } : now))
  }, [older, order])

  const { next } = list
  const loadMore = useCallback(() => {
    if (next && state === 'idle') load(`${path}?${query}&cursor=${encodeURIComponent(next)}`)
  }, [next, state, load, path, query])
  return { rows: list.rows, loadMore, loading: state !== 'idle' }
}
