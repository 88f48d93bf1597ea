import type { ReactNode } from 'react'
import { ScrollFrame } from './scroll-frame.tsx'

/** A small table in a frame that scrolls sideways by itself; the last column may hold actions. */
export function PlainTable({
  label,
  head,
  children,
}: {
  label: string
  head: (string | { hidden: string })[]
  children: ReactNode
}) {
  return (
    <ScrollFrame label={label}>
      <table className="w-full text-sm [&_td]:border-line/60 [&_td]:border-t [&_td]:px-2 [&_td]:py-1.5 md:[&_td]:px-4 [&_td:first-child]:pl-4 [&_td:last-child]:pr-4 [&_td:last-child>button]:-my-1 [&_td]:align-top [&_th]:whitespace-nowrap [&_th]:px-2 [&_th]:py-1.5 md:[&_th]:px-4 [&_th:first-child]:pl-4 [&_th:last-child]:pr-4 [&_th]:text-left [&_th]:font-medium [&_th]:text-muted">
        <thead>
          <tr>
            {head.map(column => (
              <th key={typeof column === 'string' ? column : column.hidden} scope="col">
                {typeof column === 'string' ? column : <span className="sr-only">{column.hidden}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </ScrollFrame>
  )
}
