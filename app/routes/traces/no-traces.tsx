import { useParams, useSearchParams } from '@remix-run/react'
import { Radio, SearchX } from 'lucide-react'
import { readFilters, writeFilters } from '../../../db/domain/trace-filters.ts'
import { Button, ButtonLink } from '../../components/button.tsx'
import { EmptyState } from '../../components/states.tsx'
import { useFilters } from './filter-bar.tsx'

/** Three kinds of nothing: no data at all, nothing that matches, nothing in this window. */
export function NoTraces({ seen }: { seen: boolean }) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const { go } = useFilters()
  if (!seen) {
    return (
      <EmptyState
        icon={Radio}
        title="No traces yet"
        actions={
          <>
            <ButtonLink to={`/p/${projectId}/data-in`} look="primary" icon={Radio}>
              Send your first trace
            </ButtonLink>
            <ButtonLink to={`/p/${projectId}/runs?start=analyze`}>Start a run here</ButtonLink>
          </>
        }
      >
        A trace appears here within seconds of its first span, before its root has ended.
      </EmptyState>
    )
  }
  const filtered = Object.keys(readFilters(params)).length > 0
  const wider = writeFilters(params, readFilters(params))
  for (const name of ['from', 'to']) wider.delete(name)
  wider.set('range', '30d')
  return (
    <EmptyState
      icon={SearchX}
      title={filtered ? 'No trace matches' : 'No traces in this window'}
      actions={
        <>
          {filtered && (
            <Button look="primary" onClick={() => go({})}>
              Clear the filters
            </Button>
          )}
          <ButtonLink to={`?${wider}`}>Look at the last 30 days</ButtonLink>
        </>
      }
    >
      {filtered
        ? 'Nothing in this window matches all of the filters above.'
        : 'There is data in this project, but none that began in this window.'}
    </EmptyState>
  )
}
