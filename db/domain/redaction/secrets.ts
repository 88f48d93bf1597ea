import { type Add, addMatches, edge, type Finder } from './finders.ts'

/** Keys by the beginnings that their makers gave them so that they can be told. */
const keys = [
  String.raw`sk-(?=[\w-]{0,100}\d)[\w-]{20,}`,
  '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
  String.raw`A[KS]IA[A-Z0-9]{16}(?!\w)`,
  'gh[oprsu]_[A-Za-z0-9]{30,}',
  String.raw`github_pat_\w{22,}`,
  String.raw`glpat-[\w-]{20,}`,
  'xox[a-z]-[A-Za-z0-9-]{10,}',
  String.raw`AIza[\w-]{35,}`,
  String.raw`dl[kc]_[a-z0-9]{12}_[\w-]{32}`,
  String.raw`dli_[A-Za-z0-9]+_[\w-]{43}`,
]
const known = new RegExp(`${edge}(?:${keys.join('|')})`, 'g')
const bearer = new RegExp(String.raw`${edge}bearer(?:\s|%20|\+){1,3}([\w.~+/=-]{16,})`, 'gi')
/** Parts in base64, the first of which begins with {" . */
const webToken = new RegExp(String.raw`${edge}eyJ[\w-]*(?:\.[\w-]*){0,4}`, 'g')
const begin = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g
const keyBody = /(?:[A-Za-z0-9+/=\s:,.-]|\\{1,8}[nr]){0,20000}/y
const keyEnd = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/
/** An access key of AWS has 20 characters, and so few has nothing else. */
const shortest = 16
/** Searched one by one, which is quicker than all in one expression. */
const hints = [
  ...['sk_', 'rk_', 'AKIA', 'ASIA', 'gho_', 'ghp_', 'ghr_', 'ghs_', 'ghu_', 'github_pat_', 'glpat-', 'xox', 'AIza'],
  ...['dlk_', 'dlc_', 'dli_', 'eyJ', 'PRIVATE KEY', 'bearer', 'Bearer', 'BEARER'],
]

/** Keys, tokens and private keys that give access to something. */
export const secrets: Finder = {
  name: 'secret',
  mayBeIn: text =>
    text.length >= shortest &&
    // Many words end in sk-.
    (hints.some(hint => text.includes(hint)) || (text.includes('sk-') && /sk-[\w-]{16}/.test(text))),
  find(text, add) {
    addMatches(text, known, add)
    addMatches(text, webToken, add, token => /^[\w-]{8,}\.[\w-]{8,}/.test(token))
    for (const { 0: match, 1: token = '', index } of text.matchAll(bearer))
      if (/\d/.test(token)) add(index + match.length - token.length, index + match.length)
    addPrivateKeys(text, add)
  },
}

/** From the first line to the last, or to the end of what can be of a key where it was cut off. */
function addPrivateKeys(text: string, add: Add) {
  let done = 0
  for (const { 0: first, index } of text.matchAll(begin)) {
    if (index < done) continue
    const start = index + first.length
    keyBody.lastIndex = start
    const body = keyBody.exec(text)?.[0] ?? ''
    const end = keyEnd.exec(body)
    done = start + (end ? end.index + end[0].length : body.length)
    add(index, done)
  }
}
