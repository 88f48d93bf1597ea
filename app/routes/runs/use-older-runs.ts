import { useFetcher, useSearchParams } from '@remix-run/react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { RunRow } from '../../../db/runs-view.ts'

type Page = { rows: RunRow[]; next?: string }

/** The first page, which the route keeps fresh, and the older ones behind it, fetched as they come into view. */
export function useOlderRuns(first: Page) {
  const [params] = useSearchParams()
  const filter = `${params.get('status') ?? ''}/${params.get('workflow') ?? ''}`
  const [older, setOlder] = useState<{ filter: string; pages: Page[] }>({ filter, pages: [] })
  const fetcher = useFetcher<Page>()
  const pages = older.filter === filter ? older.pages : []

  useEffect(() => {
    const page = fetcher.data
    if (!page) return
    setOlder(now => ({ filter, pages: [...(now.filter === filter ? now.pages : []), page] }))
  }, [fetcher.data, filter])

  const next = pages.length > 0 ? pages.at(-1)?.next : first.next
  const loadMore = useCallback(() => {
    if (!next || fetcher.state !== 'idle') return
    const query = new URLSearchParams(params)
    query.set('before', next)
    fetcher.load(`?${query}`)
  }, [next, fetcher, params])

  const rows = useMemo(() => {
    const seen = new Set<string>()
    return [first, ...pages].flatMap(page => page.rows).filter(row => !seen.has(row.id) && seen.add(row.id))
  }, [first, pages])
  return { rows, loadMore, loading: fetcher.state !== 'idle' }
}
