import type { ReactNode } from 'react'
import { Lamp } from './lamp.tsx'

/** The page in front of the dashboard: sign-in and the first visit. */
export function FrontDoor({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-2 font-semibold text-lg">
          <Lamp size={26} />
          Davylamp
        </div>
        <h1 className="font-semibold text-xl">{title}</h1>
        {lead && <div className="mt-1 text-muted">{lead}</div>}
        <div className="mt-5">{children}</div>
      </div>
    </main>
  )
}
