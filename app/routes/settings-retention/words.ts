import { day } from '../../../db/domain/moment.ts'
import { whole } from '../../components/format.ts'

/** Days within which all lies that alerts and Quality compare with: the four weeks before, and a day for the late. */
export const comparedDays = 30

export function keptWords(kept: {
  days: number | null
  removedBefore: Date | string | null
  oldestMs: number
}): string {
  const { days, removedBefore, oldestMs } = kept
  const now =
    days === null ? 'Everything is kept for ever.' : `${counted(days, 'day')} ${days === 1 ? 'is' : 'are'} kept.`
  const oldest = oldestMs === 0 ? 'There is no trace yet.' : `The oldest trace is of ${day(oldestMs)}.`
  const gone = removedBefore === null ? '' : ` What was from before ${day(removedBefore)} has been removed.`
  return `${now} ${oldest}${gone}`
}

/** Why nothing is removed while the clock is far ahead of the last removals. */
export function doubtWords({ now, lastSeen }: { now: Date | string; lastSeen: Date | string | null }): string {
  const days = lastSeen === null ? 0 : Math.round((Date.parse(String(now)) - Date.parse(String(lastSeen))) / 86_400_000)
  return `Nothing is removed for now. The clock says ${day(now)}, which is ${counted(days, 'day')} after the last time: a clock that is wrong would remove what is not old. Unless it is set back, removing goes on by itself within some hours.`
}

type Removed = { before: string | null; spans: number; traces: number; signals: number; runs: number }

export function removedWords({ before, spans, traces, signals, runs }: Removed): string {
  if (before === null) return 'Nothing more will be removed. What is gone does not come back.'
  if (spans + signals + runs === 0)
    return `Nothing is from before ${day(before)} now. From tomorrow on, a day goes each day.`
  const parts = [
    `${counted(spans, 'span')} of ${counted(traces, 'trace')}`,
    counted(signals, 'piece of feedback', 'pieces of feedback'),
    counted(runs, 'run'),
  ]
  return `This removes ${parts[0]}, ${parts[1]} and ${parts[2]} from before ${day(before)} (UTC). It cannot be undone.`
}

const counted = (count: number, one: string, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`
