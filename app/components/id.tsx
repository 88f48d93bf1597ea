import { Link } from '@remix-run/react'
import { CopyButton } from './copy-button.tsx'

/** An id, shortened to its first characters, whole on hover, with copy. */
export function Id({ id, to, length = 8, copy = true }: { id: string; to?: string; length?: number; copy?: boolean }) {
  const short = id.length > length + 2 ? `${id.slice(0, length)}…` : id
  return (
    <span className="inline-flex items-center gap-0.5">
      {to ? (
        <Link to={to} title={id} className="font-mono text-sm underline-offset-2 hover:underline">
          {short}
        </Link>
      ) : (
        <span title={id} className="font-mono text-sm">
          {short}
        </span>
      )}
      {copy && <CopyButton text={id} label={`Copy ${short}`} />}
    </span>
  )
}
