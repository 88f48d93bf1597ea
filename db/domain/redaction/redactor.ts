import { cards, ibans, socialSecurityNumbers } from './accounts.ts'
import { ipAddresses } from './addresses.ts'
import { emails, phones } from './contacts.ts'
import type { Finder } from './finders.ts'
import { redactJson, redactText } from './json-text.ts'
import type { DetectorName, RedactionRules } from './rules.ts'
import { secrets } from './secrets.ts'

export const detectors: Record<DetectorName, Finder> = {
  email: emails,
  card: cards,
  iban: ibans,
  ssn: socialSecurityNumbers,
  ip: ipAddresses,
  phone: phones,
  secret: secrets,
}

/** What stands in the place of the value of an attribute that is not stored. */
export const hiddenValue = '[redacted]'

/** What the rules of a project make of texts before they are stored. */
export type Redactor = {
  /** Whether the value of an attribute of this key is replaced whole. */
  hides(key: string): boolean
  /** Which version of the project's rules it works by. */
  readonly version: number
  /** Whether it replaces anything but whole values. */
  readonly searches: boolean
  /** A text that may be JSON, with what is found replaced; the same when nothing is. */
  text(text: string): string
  /** The same of what is JSON for certain. */
  json(json: string): string
}

const mostRemembered = 20_000
/** Short texts come again and again: names of models, roles, ports. */
const shortText = 80

/** The rules at work; own patterns come as what finds their matches. */
export function redactorOf(
  { detectors: names, attributes }: RedactionRules,
  own: readonly Finder[],
  version = 0,
): Redactor {
  const finders = [...names.map(name => detectors[name]), ...own]
  const exact = new Set(attributes.filter(key => !key.endsWith('*')))
  const beginnings = attributes.filter(key => key.endsWith('*')).map(key => key.slice(0, -1))
  const known = new Map<string, boolean>()
  return {
    version,
    searches: finders.length > 0,
    hides(key) {
      if (attributes.length === 0) return false
      const before = known.get(key)
      if (before !== undefined) return before
      const hidden = exact.has(key) || beginnings.some(beginning => key.startsWith(beginning))
      if (known.size >= mostRemembered) known.clear()
      known.set(key, hidden)
      return hidden
    },
    text: remembering(text => redactText(text, finders)),
    json: remembering(json => redactJson(json, finders)),
  }
}

/** Remembers short texts in which there was nothing, never one in which there was. */
function remembering(redact: (text: string) => string): (text: string) => string {
  const clean = new Set<string>([''])
  return text => {
    if (text.length <= shortText && clean.has(text)) return text
    const redacted = redact(text)
    if (text.length > shortText || redacted !== text) return redacted
    if (clean.size >= mostRemembered) clean.clear()
    clean.add(text)
    return text
  }
}
