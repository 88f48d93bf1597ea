import { whole } from './format.ts'
import type { GuardrailReading } from './stats/guardrail-reading.ts'

export type GuardrailMark = 'safe' | 'harmed' | 'unsure' | 'no_data' | 'untrusted'

/** A guardrail's verdict in a word or two, and its mark. `untrusted` is told by the stage, not by the reading. */
export function guardrailWords(reading: GuardrailReading, untrusted = false): { mark: GuardrailMark; words: string } {
  const { verdict, reason, missing } = reading
  if (untrusted) return { mark: 'untrusted', words: 'not comparable' }
  switch (reason) {
    case 'within_tolerance':
      return { mark: verdict, words: 'safe' }
    case 'below_floor':
      return { mark: verdict, words: 'safe: next to none' }
    case 'harm_bound':
    case 'e_value':
      return { mark: verdict, words: 'surely worse' }
    case 'worse_than_tolerated':
      return { mark: verdict, words: 'looks worse, may be chance' }
    case 'nothing_measured':
      return { mark: verdict, words: 'no data' }
    default:
      return { mark: verdict, words: missing ? `needs ${forecast(missing.users)} more users` : 'needs more users' }
  }
}

/** `about 3,400`: two digits are all that a forecast is worth. */
export function forecast(users: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, users))) - 1)
  return `about ${whole(Math.ceil(users / step) * step)}`
}
