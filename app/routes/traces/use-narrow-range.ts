import { useNavigate, useSearchParams } from '@remix-run/react'

/** Makes a window the page's, in the URL. */
export function useNarrowRange() {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  return (from: Date, to: Date) => {
    const next = new URLSearchParams(params)
    next.delete('range')
    next.delete('cursor')
    next.set('from', from.toISOString())
    next.set('to', to.toISOString())
    navigate(`?${next}`, { preventScrollReset: true })
  }
}
