import { Link, useSearchParams } from '@remix-run/react'

/** Under a list of pages: the way to what is older, and back to the newest. */
export function OlderLink({ next, what }: { next: number | null; what: string }) {
  const [params] = useSearchParams()
  const to = (before: string | null) => {
    const there = new URLSearchParams(params)
    if (before === null) there.delete('before')
    else there.set('before', before)
    return `?${there}`
  }
  if (next === null && !params.has('before')) return null
  return (
    <p className="flex gap-4 px-4 py-2">
      {params.has('before') && (
        <Link to={to(null)} className="underline">
          Newest {what}
        </Link>
      )}
      {next !== null && (
        <Link to={to(String(next))} className="underline">
          Older {what}
        </Link>
      )}
    </p>
  )
}
