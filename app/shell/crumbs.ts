import { useMatches } from '@remix-run/react'
import type { PageHandle } from '../components/page.tsx'

export type PlacedCrumb = { label: string; href?: string }

/** The path of the open page, from the routes' handles; the last one is not a link. */
export function useCrumbs(projectId: string): { crumbs: PlacedCrumb[]; handle: PageHandle | undefined } {
  const matches = useMatches()
  const found = matches.flatMap(({ handle, data, params }) => {
    const crumbs = (handle as PageHandle | undefined)?.crumbs
    if (!crumbs) return []
    return typeof crumbs === 'function' ? crumbs(data, params) : crumbs
  })
  const crumbs = found.map(({ label, to }, at) => ({
    label,
    href: to !== undefined && at < found.length - 1 ? `/p/${projectId}/${to}` : undefined,
  }))
  return { crumbs, handle: matches.at(-1)?.handle as PageHandle | undefined }
}
