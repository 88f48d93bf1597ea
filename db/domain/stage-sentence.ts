import { quantity, share, whole } from './format.ts'
import { forecast } from './guardrail-words.ts'
import { type GuardrailId, guardrailById } from './guardrails.ts'
import type { GuardrailReading } from './stats/guardrail-reading.ts'
import type { Missing } from './stats/missing-users.ts'
import type { Parity } from './stats/parity.ts'
import type { Split } from './stats/split.ts'
import type { StageDecision } from './stats/stage.ts'
import { dayMs, hourMs, minuteMs } from './time.ts'

export type Told = { decision: StageDecision; split: Split; parity?: Parity; now: Date }

/**
 * What the decision says, in one sentence for people: `Hold: 3 of 4 guardrails are safe; latency needs about 3,400 more
 * users, 2 days at this traffic`.
 */
export function stageSentence(told: Told): string {
  const { action } = told.decision
  const start = action === 'rollback' ? 'Roll back' : action === 'promote' ? 'Promote' : 'Hold'
  return `${start}: ${because(told)}`
}

function because({ decision, split, parity, now }: Told): string {
  const { guardrails, about, missing } = decision
  const named = guardrails.filter(({ id }) => about.includes(id))
  switch (decision.reason) {
    case 'fuse':
      return `the fuse blew: ${list(named.map(sideBySide))}`
    case 'harm':
      return list(named.map(harmWords))
    case 'all_safe':
      return `${allSafe(guardrails.length)} after ${people(split.canary + split.control)}`
    case 'too_early':
      return `${allSafe(guardrails.length)}, and the stage may end in ${wait(decision.earliest, now)}`
    case 'few_users':
      return `${allSafe(guardrails.length)}, but the stage asks for ${needs(missing)}`
    case 'unsure':
      return `${safeOf(guardrails)}${open(named, missing)}`
    case 'no_users':
      return `nobody has been in the canary yet${missing?.days ? `; the stage takes ${days(missing.days)} at this traffic` : ''}`
    case 'no_control':
      return 'there is nothing to compare with, for nobody has been in the control'
    case 'split_unsound':
      return `the split is not sound: the canary got ${share(split.share)} of ${people(split.canary + split.control)} where ${share(split.expected)} were due, so nothing compared can be trusted until the cause is found`
    case 'feedback_parted':
      return `feedback is not comparable: ${share(parity?.canary)} of the canary's users give any and ${share(parity?.control)} of the control's`
    case 'outage':
      return `both arms are failing alike (${list(named.map(sideBySide))}), which says nothing about the canary`
    case 'no_guardrails':
      return 'the canary has no guardrail to be held to'
  }
}

const allSafe = (count: number) =>
  count < 3 ? `${count === 1 ? 'the guardrail is' : 'both guardrails are'} safe` : `all ${count} guardrails are safe`

function safeOf(guardrails: GuardrailReading[]): string {
  const safe = guardrails.filter(({ verdict }) => verdict === 'safe').length
  if (guardrails.length === 1) return ''
  return `${safe === 0 ? 'none' : safe} of ${guardrails.length} guardrails ${safe === 1 ? 'is' : 'are'} safe; `
}

/** What keeps the open ones open: those that nothing is known of, those that look bad, then those that only need users. */
function open(named: GuardrailReading[], missing: Missing | null): string {
  const none = named.filter(({ reason }) => reason === 'nothing_measured')
  if (none.length > 0) return `${list(none.map(labelOf))} ${isPlural(none) ? 'have' : 'has'} no data`
  const bad = named.filter(({ reason }) => reason === 'worse_than_tolerated')
  const looksWorse = (reading: GuardrailReading) =>
    `${labelOf(reading)} ${isPlural([reading]) ? 'look' : 'looks'} worse, which may be chance (${values(reading)})`
  if (bad.length > 0) return list(bad.map(looksWorse))
  const verb = isPlural(named) ? 'need' : 'needs'
  return missing
    ? `${list(named.map(labelOf))} ${verb} ${needs(missing)}`
    : `${list(named.map(labelOf))} ${verb} more users than can be foretold`
}

const needs = (missing: Missing | null) =>
  missing === null
    ? 'more users'
    : `${forecast(missing.users)} more users${missing.days === null ? '' : `, ${days(missing.days)} at this traffic`}`

const harmWords = (reading: GuardrailReading) => {
  const low = reading.harm?.low
  const isFall = guardrailById(reading.id as GuardrailId).worse === 'down'
  const least = low != null && low > 0.005 ? `, at least ${whole(100 * (isFall ? low / (1 + low) : low))} % worse` : ''
  const seen = contradicts(reading, isFall) ? affected(reading) : values(reading)
  return `${labelOf(reading)} ${isPlural([reading]) ? 'are' : 'is'} surely worse than the control's (${seen}${least})`
}

/** Users are judged, traces shown: one user with very many traces can make the value look the other way. */
const contradicts = ({ reason, canary, control }: GuardrailReading, isFall: boolean) =>
  reason === 'e_value' &&
  canary.value !== null &&
  control.value !== null &&
  (isFall ? canary.value >= control.value : canary.value <= control.value)

const affected = ({ canary, control }: GuardrailReading) =>
  `${whole(canary.events ?? 0)} of ${people(canary.users)} against ${whole(control.events ?? 0)} of ${whole(control.users)}`

const sideBySide = (reading: GuardrailReading) => `${labelOf(reading)} ${values(reading)}`

/** The control's value, then the canary's. */
const values = ({ id, control, canary }: GuardrailReading) => {
  const { unit } = guardrailById(id as GuardrailId)
  const to = quantity(canary.value, unit)
  return control.value === null ? `${to}, without a control` : `${quantity(control.value, unit)} → ${to}`
}

const labelOf = ({ id }: GuardrailReading) => lowerFirst(guardrailById(id as GuardrailId).label)
const isPlural = (readings: GuardrailReading[]) =>
  readings.length !== 1 || guardrailById(readings[0]!.id as GuardrailId).plural === true
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

const list = (texts: string[]) =>
  texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`

const people = (count: number) => `${whole(count)} ${count === 1 ? 'user' : 'users'}`

function days(count: number): string {
  if (count > 999) return 'years'
  const up = Math.max(1, Math.ceil(count - 0.1))
  return `${up} ${up === 1 ? 'day' : 'days'}`
}

function wait(until: Date, now: Date): string {
  const ms = Math.max(0, until.getTime() - now.getTime())
  if (ms >= 2 * dayMs) return days(ms / dayMs)
  if (ms >= 2 * hourMs) return `${Math.ceil(ms / hourMs)} hours`
  return `${Math.max(1, Math.ceil(ms / minuteMs))} minutes`
}
