import type { ReactNode } from 'react'
import { ScrollFrame } from './scroll-frame.tsx'

/** A table whose first column names its rows, and whose others are figures. */
export function FigureTable({ label, heads, children }: { label: string; heads: string[]; children: ReactNode }) {
  return (
    <ScrollFrame label={label}>
      <table className="w-full text-sm [&_td]:whitespace-nowrap [&_td]:border-line/60 [&_td]:border-t [&_td]:px-2 [&_td]:py-1.5 [&_td]:text-right [&_th]:px-2 [&_th]:py-1.5 [&_tbody_th]:border-line/60 [&_tbody_th]:border-t [&_tbody_th]:pl-4 [&_tbody_th]:text-left [&_tbody_th]:font-medium [&_td:last-child]:pr-4">
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th
                key={head}
                scope="col"
                className={`whitespace-nowrap font-medium text-muted first:pl-4 last:pr-4 ${at === 0 ? 'text-left' : 'text-right'}`}
              >
                {head || <span className="sr-only">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </ScrollFrame>
  )
}
