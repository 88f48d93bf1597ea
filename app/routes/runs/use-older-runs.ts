import { useParams, useSearchParams } from '@remix-run/react'
import { useMemo } from 'react'
import type { RunRow } from '../../../db/runs-view.ts'
import type { Page } from '../../components/paged-list.ts'
import { usePagedList } from '../../components/use-paged-list.ts'

const order = { idOf: ({ id }: RunRow) => id, atOf: ({ createdUs }: RunRow) => BigInt(createdUs) }

/** The runs of the page, and those that are older as they come into view. */
export function useOlderRuns(first: Page<RunRow>) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const query = useMemo(() => runsQuery(params), [params])
  return usePagedList({ first, query, path: `/p/${projectId}/runs/older`, order })
}

/** The part of the URL that decides which runs are listed. */
export function runsQuery(params: URLSearchParams) {
  const query = new URLSearchParams()
  for (const name of ['status', 'workflow']) for (const value of params.getAll(name)) query.append(name, value)
  return query.toString()
}
