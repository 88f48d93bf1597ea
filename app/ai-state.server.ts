import type { AiOff } from '../db/domain/flags/flag-set.ts'
import type { Services } from '../db/services.ts'

export type AiState = { off: AiOff | null; flagKeys: string[] }

const mostKeys = 500

/** From memory: whether AI is off for a project, and the flags that the palette can go to. */
export function aiState({ flags }: Services, projectId: string): AiState {
  const { aiOff, flags: known } = flags.set(projectId)
  return { off: aiOff ?? null, flagKeys: [...known.keys()].slice(0, mostKeys) }
}
