import { runStatuses } from '../../../db/domain/run.ts'
import { listRunRows, type RunRow, runCursor } from '../../../db/runs-view.ts'
import type { Services } from '../../../db/services.ts'
import type { Page } from '../../components/paged-list.ts'

const pageSize = 100

/** The runs that the URL asks for, the newest, or those behind a cursor. */
export async function readRuns(
  { postgres }: Pick<Services, 'postgres'>,
  projectId: string,
  params: URLSearchParams,
  before?: string,
): Promise<Page<RunRow>> {
  const rows = await listRunRows(postgres, {
    projectId,
    status: runStatuses.find(status => status === params.get('status')),
    workflow: params.get('workflow') ?? undefined,
    before,
    limit: pageSize,
  })
  const last = rows.length === pageSize ? rows.at(-1) : undefined
  return { rows, next: last ? runCursor(last) : null }
}
