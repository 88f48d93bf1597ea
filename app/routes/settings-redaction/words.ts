import type { DetectorName, RedactionRules } from '../../../db/domain/redaction/rules.ts'

export const detectorWords: { name: DetectorName; label: string; hint: string }[] = [
  { name: 'email', label: 'E-mail addresses', hint: 'ada@example.com, also as %40' },
  { name: 'card', label: 'Payment cards', hint: '13 to 19 digits, with their check digit' },
  { name: 'iban', label: 'IBANs', hint: 'with the length of their country and their check digits' },
  { name: 'ssn', label: 'US social security numbers', hint: '123-45-6789, with dashes' },
  { name: 'ip', label: 'IP addresses', hint: 'version 4 and 6; versions as in v1.2.3.4 stay' },
  { name: 'phone', label: 'Phone numbers', hint: 'in international form: +49 30 1234567' },
  { name: 'secret', label: 'Keys and tokens', hint: 'sk-, AKIA, ghp_, xoxb-, AIza, dlk_, JWT, PEM, Bearer' },
]

/** What a change of rules changed, in words that hold no pattern: that may be as private as what it finds. */
export function changeOf(before: RedactionRules, after: RedactionRules): Record<string, string> {
  const detail: Record<string, string> = {}
  const tell = (what: string, names: string[]) => {
    if (names.length > 0) detail[what] = names.join(', ')
  }
  const labels = ({ detectors }: RedactionRules) => {
    const on = new Set(detectors)
    return detectorWords.filter(({ name }) => on.has(name)).map(({ label }) => label)
  }
  const names = ({ patterns }: RedactionRules) => patterns.map(({ name }) => name)
  tell('detectors on', without(labels(after), labels(before)))
  tell('detectors off', without(labels(before), labels(after)))
  tell('patterns added', without(names(after), names(before)))
  tell('patterns removed', without(names(before), names(after)))
  const old = new Map(before.patterns.map(({ name, pattern }) => [name, pattern]))
  const changed = after.patterns.filter(({ name, pattern }) => old.has(name) && old.get(name) !== pattern)
  tell('patterns changed', names({ ...after, patterns: changed }))
  tell('attributes added', without(after.attributes, before.attributes))
  tell('attributes removed', without(before.attributes, after.attributes))
  return detail
}

const without = (names: readonly string[], others: readonly string[]) => names.filter(name => !others.includes(name))
