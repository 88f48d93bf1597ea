import { type Add, addMatches, edge, type Finder } from './finders.ts'

const between = String.raw` \u00a0\u202f\u2010-\u2013-`
const separator = new RegExp(`[${between}]`)
const manyDigits = new RegExp(String.raw`\d[\d${between}]{11,40}`)
const mostDigits = 19
/** The first group of a card's digits has at least so many. */
const shortestStart = 4
/** Longer groups of digits are no groups of a card: ids have such. */
const longestGroup = 6

/** First digits and lengths that issuers have. */
const issuers: readonly [RegExp, number, number][] = [
  [/^4/, 13, 19],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, 16, 16],
  [/^3[47]/, 15, 15],
  [/^(?:30[0-5]|3095|36|3[89])/, 14, 19],
  [/^(?:6011|64[4-9]|65|62|81|35(?:2[89]|[3-8])|220[0-4]|636|9792)/, 16, 19],
  [/^(?:60|82|508)/, 16, 16],
  [/^(?:5[0678]|67|6304|6390)/, 13, 19],
]

type Group = { digits: string; at: number; end: number }

/** Payment card numbers, in one or in groups, with an issuer's first digits and the right check digit. */
export const cards: Finder = {
  name: 'card',
  mayBeIn: text => manyDigits.test(text),
  find(text, add) {
    let run: Group[] = []
    for (const { 0: digits, index } of text.matchAll(/\d+/g)) {
      const before = run.at(-1)
      const goesOn = before && index === before.end + 1 && separator.test(text.charAt(before.end))
      if (!goesOn) {
        cardsInRun(text, run, add)
        run = []
      }
      run.push({ digits, at: index, end: index + digits.length })
    }
    cardsInRun(text, run, add)
  },
}

/** A run is groups of digits with one character between. Other digits may stand beside a card's: each part is tried. */
function cardsInRun(text: string, run: readonly Group[], add: Add) {
  for (const [first, { digits: start, at }] of run.entries()) {
    if (first > 0 && start.length < shortestStart) continue
    let digits = ''
    for (let last = first; last < run.length && digits.length <= mostDigits; last++) {
      const group = run[last] as Group
      if (last > first && group.digits.length > longestGroup) break
      digits += group.digits
      const isWhole = first === 0 && last === run.length - 1
      const isGrouped = last === first || (start.length >= shortestStart && start.length <= longestGroup)
      if ((isWhole || isGrouped) && isCard(digits) && standsAlone(text, at, group.end)) add(at, group.end)
    }
  }
}

const beginsHere = new RegExp(String.raw`${edge}(?<!\d\.)`, 'y')
const endsHere = /(?![A-Za-z0-9])(?!\.\d*[1-9])/y

/** Not within a word, an id in hexadecimal, or a number with decimals. */
function standsAlone(text: string, from: number, to: number): boolean {
  beginsHere.lastIndex = from
  endsHere.lastIndex = to
  return beginsHere.test(text) && endsHere.test(text)
}

export const isCard = (digits: string) =>
  issuers.some(([start, least, most]) => digits.length >= least && digits.length <= most && start.test(digits)) &&
  hasCheckDigit(digits)

/** The sum of Luhn: every second digit from the right counts twice. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let at = digits.length - 1, twice = false; at >= 0; at--, twice = !twice) {
    const digit = digits.charCodeAt(at) - 48
    sum += !twice ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/** How long the numbers of each country are. */
const ibanLengths = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 ' +
    'FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 ' +
    'LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 ' +
    'SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map(entry => [entry.slice(0, 2), Number(entry.slice(2))]),
)
const ibanStart = new RegExp(String.raw`${edge}[A-Za-z]{2}\d{2}`, 'g')

/** International bank account numbers: of their country's length, and with the right check digits. */
export const ibans: Finder = {
  name: 'IBAN',
  mayBeIn: text => /[A-Za-z]{2}\d{2}/.test(text),
  find(text, add) {
    for (const { 0: start, index } of text.matchAll(ibanStart)) {
      const length = ibanLengths.get(start.slice(0, 2).toUpperCase())
      const to = length === undefined ? undefined : endOfIban(text, index, length)
      if (to !== undefined) add(index, to)
    }
  },
}

/** Where a number of so many letters and digits ends, single spaces apart (dashes are of UUIDs); undefined when it is none. */
function endOfIban(text: string, from: number, length: number): number | undefined {
  let number = ''
  let at = from
  for (; number.length < length; at++) {
    const character = text.charAt(at)
    if (/[A-Za-z0-9]/.test(character)) number += character
    else if (!/[ \u00a0\u202f]/.test(character) || !/[A-Za-z0-9]/.test(text.charAt(at + 1))) return undefined
  }
  return /[A-Za-z0-9]/.test(text.charAt(at)) || remainderOf97(number) !== 1 ? undefined : at
}

function remainderOf97(iban: string): number {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

const dashed = new RegExp(
  String.raw`${edge}(?<!\d-)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![A-Za-z0-9]|-\d)`,
  'g',
)

/** US social security numbers with dashes, without areas that are never given. */
export const socialSecurityNumbers: Finder = {
  name: 'SSN',
  mayBeIn: text => /\d-\d\d-\d/.test(text),
  find: (text, add) => addMatches(text, dashed, add),
}
