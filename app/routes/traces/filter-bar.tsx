import { useNavigate, useSearchParams } from '@remix-run/react'
import { Search } from 'lucide-react'
import { type FormEvent, useEffect, useRef } from 'react'
import {
  type FilterKey,
  filterKeys,
  readFilters,
  type TraceFilters,
  traceFilters,
  withFilter,
  withoutFilter,
  writeFilters,
} from '../../../db/domain/trace-filters.ts'
import { Button } from '../../components/button.tsx'
import { Chip } from '../../components/chip.tsx'
import { duration } from '../../components/format.ts'
import { Input } from '../../components/input.tsx'
import { FilterMenu } from './filter-menu.tsx'

/** The filters of the URL: a search, a menu that adds, chips that take away. */
export function FilterBar({ search = false }: { search?: boolean }) {
  const { filters, go } = useFilters()
  const chips = filterKeys.flatMap(key => (filters[key] ?? []).map(value => ({ key, value })))
  return (
    <div className="flex flex-wrap items-center gap-2">
      {search && <SearchBox text={filters.q?.[0] ?? ''} onSearch={text => go(withSearch(filters, text))} />}
      <FilterMenu filters={filters} onAdd={(key, value) => go(withFilter(filters, key, value))} />
      {chips
        .filter(({ key }) => !search || key !== 'q')
        .map(({ key, value }) => (
          <Chip
            key={`${key}=${value}`}
            label={traceFilters[key].label}
            onRemove={() => go(withoutFilter(filters, key, value))}
          >
            {filterWords(key, value)}
          </Chip>
        ))}
      {chips.length > 1 && (
        <Button size="sm" look="ghost" onClick={() => go({})}>
          Clear
        </Button>
      )}
    </div>
  )
}

/** The filters in the URL, and a way to change them that keeps the window of time. */
export function useFilters() {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const go = (filters: TraceFilters) => {
    const next = writeFilters(params, filters)
    next.delete('peek')
    navigate(`?${next}`, { preventScrollReset: true })
  }
  return { filters: readFilters(params), go }
}

export const filterWords = (key: FilterKey, value: string) => (key === 'slower' ? duration(Number(value)) : value)

function withSearch(filters: TraceFilters, text: string): TraceFilters {
  const { q: _, ...rest } = filters
  return text === '' ? rest : { ...rest, q: [text] }
}

function SearchBox({ text, onSearch }: { text: string; onSearch: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  // The URL changed by Back or by a link: the box follows.
  useEffect(() => {
    if (input.current) input.current.value = text
  }, [text])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSearch(input.current?.value.trim() ?? '')
  }
  return (
    <search className="w-full sm:w-72">
      <form onSubmit={submit}>
        <Input
          ref={input}
          icon={Search}
          type="search"
          name="q"
          defaultValue={text}
          aria-label="Search traces"
          placeholder="Words, “a phrase” or an id  ( / )"
          maxLength={500}
          onChange={event => event.target.value === '' && text !== '' && onSearch('')}
        />
      </form>
    </search>
  )
}
