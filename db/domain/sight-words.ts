import { whole } from './format.ts'
import type { Sight, Traffic } from './stats/power.ts'

/** What a canary can and cannot see of one guardrail, in sentences for people, before it starts. */
export function sightWords({ half, likely, safeAfterDays }: Sight, { days, usersADay }: Traffic): string {
  if (!(usersADay > 0)) return 'Nothing: no users are coming at all.'
  const within = `in ${count(days, 'day')} of about ${whole(usersADay * days)} users`
  const caught =
    half === null
      ? `Hardly anything ${within}: not even 400 % worse is caught half of the time`
      : catches(half, likely, within)
  const safe =
    safeAfterDays === null || safeAfterDays > 999
      ? 'a harmless canary cannot be told safe at this traffic'
      : `a harmless canary is told safe after ${count(Math.ceil(safeAfterDays), 'day')}`
  return `${caught}; ${safe}.`
}

function catches(half: number, likely: number | null, within: string): string {
  const often = `${percent(half)} worse is caught half of the time ${within}`
  return likely === null ? often : `${often}, ${percent(likely)} worse four times in five`
}

const percent = (harm: number) => `${whole(harm * 100)} %`
const count = (number: number, noun: string) => `${whole(number)} ${noun}${number === 1 ? '' : 's'}`
