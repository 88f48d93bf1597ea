import { Link } from '@remix-run/react'
import { PowerOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { AiState } from '../ai-state.server.ts'
import { askQuietly } from '../api/ask.ts'

const everyMs = 5_000

/** What is off now: as the page was loaded, then followed while it is open and in sight. */
export function useAiState(projectId: string, first: AiState): AiState {
  const [seen, setSeen] = useState({ since: first, state: first })
  useEffect(() => {
    const stop = new AbortController()
    const look = async () => {
      if (document.visibilityState !== 'visible') return
      const state = await askQuietly<AiState>(`/p/${projectId}/ai-state`, stop.signal)
      if (state) setSeen({ since: first, state })
    }
    const timer = setInterval(look, everyMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      stop.abort()
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [projectId, first])
  return seen.since === first ? seen.state : first
}

/** Over every page while AI is switched off for the project or the installation. */
export function AiOffBanner({ projectId, off }: { projectId: string; off: NonNullable<AiState['off']> }) {
  const where = off.scope === 'project' ? 'this project' : 'the whole installation'
  return (
    <section
      aria-label="AI is off"
      data-ai-off
      className="below-top-bar sticky z-10 flex h-(--banner) items-center gap-3 bg-deterministic px-4 text-canvas"
    >
      <PowerOff size={16} aria-hidden className="shrink-0" />
      <p role="status" className="line-clamp-2 min-w-0 flex-1 md:line-clamp-1">
        <strong className="font-semibold">AI is switched off for {where}.</strong> Every workflow serves its
        deterministic path. {off.reason}
      </p>
      <Link to={`/p/${projectId}/settings/ai`} className="shrink-0 font-medium underline underline-offset-2">
        AI switch
      </Link>
    </section>
  )
}
