import { Link } from '@remix-run/react'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'

/** One active filter: `label: value`, removed by a link (`removeTo`) or a function. */
export function Chip({
  label,
  children,
  removeTo,
  onRemove,
}: {
  label?: string
  children: ReactNode
  removeTo?: string
  onRemove?: () => void
}) {
  const name = `Remove ${label ?? 'filter'}`
  const cross = 'grid h-full w-6 place-items-center rounded-r-md text-muted hover:bg-hover hover:text-ink'
  return (
    <span className="inline-flex h-7 max-w-full items-center rounded-md border border-line-strong bg-surface text-sm">
      <span className="min-w-0 truncate px-2">
        {label && <span className="text-muted">{label} </span>}
        {children}
      </span>
      {removeTo && (
        <Link to={removeTo} aria-label={name} className={cross} preventScrollReset>
          <X size={12} aria-hidden />
        </Link>
      )}
      {onRemove && (
        <button type="button" aria-label={name} className={cross} onClick={onRemove}>
          <X size={12} aria-hidden />
        </button>
      )}
    </span>
  )
}
