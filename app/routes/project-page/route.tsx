import { Outlet, useParams } from '@remix-run/react'
import { errorMeta, PageError } from '../../components/page-error.tsx'

export const meta = errorMeta

/** Holds the pages of a project, so that one that fails leaves the shell around it standing. */
export default function ProjectPage() {
  return <Outlet />
}

export function ErrorBoundary() {
  const { projectId } = useParams()
  return (
    <div className="grid flex-1 place-items-center">
      <PageError home={`/p/${projectId}/overview`} />
    </div>
  )
}
