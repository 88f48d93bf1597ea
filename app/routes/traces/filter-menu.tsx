import { useFetcher, useParams, useSearchParams } from '@remix-run/react'
import { Command } from 'cmdk'
import { ArrowLeft, Check, ListFilter } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import {
  type FilterKey,
  filterDefinition,
  filterKeys,
  type TraceFilters,
  traceFilters,
} from '../../../db/domain/trace-filters.ts'
import type { FacetKey, TraceFacets } from '../../../db/traces.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { count, duration } from '../../components/format.ts'
import { Popover } from '../../components/popover.tsx'

type Choice = { value: string; label: string; traces?: number }

/** Chooses what to filter by, then the value: from those in the window, or typed. */
export function FilterMenu({
  filters,
  onAdd,
}: {
  filters: TraceFilters
  onAdd: (key: FilterKey, value: string) => void
}) {
  const { projectId } = useParams()
  const [params] = useSearchParams()
  const { load, data: facets } = useFetcher<TraceFacets>()
  const [open, setOpen] = useState(false)
  const [key, setKey] = useState<FilterKey>()
  const [text, setText] = useState('')
  const show = (next: FilterKey | undefined) => {
    setKey(next)
    setText('')
  }
  const toggle = (next: boolean) => {
    setOpen(next)
    show(undefined)
    if (next) load(`/p/${projectId}/traces/facets?${params}`)
  }
  const add = (value: string) => {
    if (key) onAdd(key, value)
    toggle(false)
  }
  const back = (event: KeyboardEvent) => {
    if (event.key === 'Backspace' && text === '' && key) show(undefined)
  }
  const placeholder = key ? `${traceFilters[key].label}: ${traceFilters[key].describes}` : 'Filter by…'
  return (
    <Popover
      label="Add a filter"
      open={open}
      onOpenChange={toggle}
      className="w-72 !p-0"
      trigger={
        <Button size="sm" icon={ListFilter}>
          Filter
        </Button>
      }
    >
      <Command label="Add a filter" onKeyDown={back} loop>
        <div className="flex items-center border-line border-b">
          {key && (
            <button
              type="button"
              aria-label="Back to all filters"
              onClick={() => show(undefined)}
              className="grid h-9 w-9 shrink-0 place-items-center text-muted hover:text-ink"
            >
              <ArrowLeft size={14} aria-hidden />
            </button>
          )}
          <Command.Input
            autoFocus
            value={text}
            onValueChange={setText}
            placeholder={placeholder}
            className="h-9 w-full bg-transparent px-3 outline-none placeholder:text-faint"
          />
        </div>
        <Command.List className="max-h-80 overflow-y-auto p-1">
          {key ? (
            <Values of={key} text={text} chosen={filters[key] ?? []} facets={facets} onChoose={add} />
          ) : (
            filterKeys
              .filter(each => each !== 'q')
              .map(each => (
                <Command.Item key={each} value={traceFilters[each].label} onSelect={() => show(each)} className={row}>
                  <span className="flex-1">{traceFilters[each].label}</span>
                  <span className="truncate text-muted text-sm">{traceFilters[each].describes}</span>
                </Command.Item>
              ))
          )}
          {!key && <Command.Empty className="px-3 py-4 text-center text-muted">Nothing of that name.</Command.Empty>}
        </Command.List>
      </Command>
    </Popover>
  )
}

const row = 'flex min-h-8 cursor-pointer items-center gap-2 rounded-sm px-2 data-[selected=true]:bg-hover'

function Values({
  of: key,
  text,
  chosen,
  facets,
  onChoose,
}: {
  of: FilterKey
  text: string
  chosen: string[]
  facets: TraceFacets | undefined
  onChoose: (value: string) => void
}) {
  const choices = choicesOf(key, facets)
  const typed = typedValue(key, text, choices)
  return (
    <>
      {choices.map(({ value, label, traces }) => (
        <Command.Item key={value} value={label} onSelect={() => onChoose(value)} className={row}>
          <span className="min-w-0 flex-1 truncate" title={label}>
            {label}
          </span>
          {traces !== undefined && <span className="text-muted text-sm">{count(traces)}</span>}
          {chosen.includes(value) && <Check size={14} aria-label="chosen" />}
        </Command.Item>
      ))}
      {typed && (
        <Command.Item value={text} onSelect={() => onChoose(typed)} className={row}>
          Use “{text.trim()}”
        </Command.Item>
      )}
      {choices.length === 0 && !typed && (
        <Command.Item disabled value={text} className={classes(row, 'text-muted')}>
          {key === 'session' ? 'Type or paste an id.' : facets ? 'None in this window: type a value.' : 'Reading…'}
        </Command.Item>
      )}
    </>
  )
}

function choicesOf(key: FilterKey, facets: TraceFacets | undefined): Choice[] {
  const closed = filterDefinition(key).values
  if (closed) return closed.map(value => ({ value, label: value }))
  if (key === 'slower')
    return [500, 1000, 2000, 5000, 10_000, 30_000].map(ms => ({ value: String(ms), label: duration(ms) }))
  const values = facets?.[key as FacetKey] ?? []
  return values.map(({ value, traces }) => ({ value, label: value, traces }))
}

/** What was typed, where any text goes and it is not on the list. Durations are milliseconds, or seconds with an s. */
function typedValue(key: FilterKey, text: string, choices: Choice[]): string | undefined {
  const value = text.trim()
  if (value === '' || filterDefinition(key).values || choices.some(choice => choice.value === value)) return undefined
  if (key !== 'slower') return value
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m)?$/.exec(value) ?? []
  if (!number) return undefined
  return String(Math.round(Number(number) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 1)))
}
