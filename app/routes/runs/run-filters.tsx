import { useSearchParams } from '@remix-run/react'
import { ListFilter } from 'lucide-react'
import { type RunStatus, runStatuses } from '../../../db/domain/run.ts'
import { Button } from '../../components/button.tsx'
import { Chip } from '../../components/chip.tsx'
import { count } from '../../components/format.ts'
import { Menu } from '../../components/menu.tsx'

type Facet = { workflow: string; status: RunStatus; count: number }

/** Status and workflow, each one value, in the URL. */
export function RunFilters({ facets }: { facets: Facet[] }) {
  const [params, setParams] = useSearchParams()
  const status = params.get('status')
  const workflow = params.get('workflow')
  const set = (name: string, value: string | undefined) =>
    setParams(now => {
      if (value) now.set(name, value)
      else now.delete(name)
      return now
    })
  const sum = (matches: (facet: Facet) => boolean) =>
    count(facets.filter(matches).reduce((total, facet) => total + facet.count, 0))
  const workflows = [...new Set(facets.map(facet => facet.workflow))]
  return (
    <>
      <Menu
        trigger={
          <Button size="sm" icon={ListFilter}>
            Filter
          </Button>
        }
        items={[
          { heading: 'Status' },
          ...runStatuses.map(name => ({
            label: name === 'interrupted' ? 'waiting for somebody' : name,
            hint: sum(facet => facet.status === name && (!workflow || facet.workflow === workflow)),
            checked: name === status,
            onSelect: () => set('status', name === status ? undefined : name),
          })),
          ...(workflows.length > 0 ? [{ heading: 'Workflow' }] : []),
          ...workflows.map(name => ({
            label: name,
            hint: sum(facet => facet.workflow === name),
            checked: name === workflow,
            onSelect: () => set('workflow', name === workflow ? undefined : name),
          })),
        ]}
      />
      {status && (
        <Chip label="Status" onRemove={() => set('status', undefined)}>
          {status}
        </Chip>
      )}
      {workflow && (
        <Chip label="Workflow" onRemove={() => set('workflow', undefined)}>
          {workflow}
        </Chip>
      )}
    </>
  )
}
