import type { EventSplit } from './e-process.ts'
import type { Fuse } from './fuse.ts'
import type { UserSums } from './sums.ts'

/** What a canary must not make worse, as data. */
export type Guardrail = {
  id: string
  /**
   * `share`: M of D happened, and users with the event are counted besides. `ratio`: any M over D. `log`: M is a user's
   * mean of ln(value) and D is 1, so that M / D is a mean over users.
   */
  scale: 'share' | 'ratio' | 'log'
  worse: 'up' | 'down'
  /** Harm up to this is tolerated when a canary is promoted: 0.1 is a value 10 % worse. */
  tolerance: number
  /** Harm surely beyond this rolls back; 0 is any harm at all. */
  margin: number
  /** A share of users with the event surely below this is safe, whatever the control's is. */
  floor?: number
  fuse?: Fuse
  /** It compares those who answered, so it is not to be trusted when the arms' users answer unlike. */
  restsOnFeedback?: boolean
}

/** What was seen of one guardrail. */
export type GuardrailData = {
  canary: UserSums
  control: UserSums
  /** Of a share: users with the event, by the split they were enrolled under. */
  splits?: readonly EventSplit[]
  /** Its value before the canary started, where that is known. */
  usual?: number
}

export type LookRules = {
  alpha: number
  planned: number
  /** New users of both arms a day, to tell how long the missing ones take. */
  usersADay: number
}

/** Users of an arm who had the event. */
export const eventsOf = ({ splits = [] }: GuardrailData, arm: 'canary' | 'control'): number =>
  splits.reduce((sum, { events, inCanary }) => sum + (arm === 'canary' ? inCanary : events - inCanary), 0)

/** M / D, on the log scale its exponential; null without data. */
export function armValue({ scale }: Pick<Guardrail, 'scale'>, { m, d }: UserSums): number | null {
  const value = scale === 'log' ? Math.exp(m / d) : m / d
  return d > 0 && Number.isFinite(value) ? value : null
}
