import { type Add, addMatches, edge, type Finder } from './finders.ts'

/** Latin, Greek and Cyrillic letters: scripts without spaces would draw whole sentences into an address. */
const letters = String.raw`A-Za-z\u00c0-\u052f`
const label = `[${letters}0-9](?:[${letters}0-9-]{0,61}[${letters}0-9])?`
const domain = new RegExp(
  String.raw`(?:${label}\.){1,10}(?:xn--[a-z0-9-]{2,59}|[${letters}]{2,24})(?![${letters}0-9])`,
  'y',
)
/** As it is, as URLs write it, and as JSON that is cut off may. */
const atSign = /@|%40|\\u0040/gi
const inLocalPart = new RegExp(`[${letters}0-9.%'+_~-]`)
const mostLocal = 254
/** Names of images for screens of more pixels: logo@2x.png. */
const imageScale = /^\dx\.[a-z]{3,4}$/i

/** E-mail addresses. From each @ to both sides, as a search from the left would take the square of the length. */
export const emails: Finder = {
  name: 'e-mail',
  mayBeIn: text => text.includes('@') || text.includes('%40'),
  find(text: string, add: Add) {
    let end = 0
    // Where the row of such letters begins that the last sign ended: they are looked at once, as a sign may be of them.
    let row = 0
    let seen = 0
    for (const { 0: sign, index } of text.matchAll(atSign)) {
      let from = index
      while (from > seen && inLocalPart.test(text.charAt(from - 1))) from -= 1
      if (from > seen || seen === 0) row = from
      seen = index
      from = Math.max(row, end, index - mostLocal)
      while (from < index && /[.']/.test(text.charAt(from))) from += 1
      if (from === index) continue
      domain.lastIndex = index + sign.length
      const host = domain.exec(text)?.[0]
      if (host === undefined || imageScale.test(host)) continue
      end = index + sign.length + host.length
      add(from, end)
    }
  },
}

const international = new RegExp(String.raw`${edge}(?<!\+)\+[1-9](?:[ .\-()/\u00a0\u202f]{0,2}\d){7,14}(?!\w)`, 'g')

/** Phone numbers in international form. Those of North America and of Russia have eleven digits. */
export const phones: Finder = {
  name: 'phone',
  mayBeIn: text => text.includes('+'),
  find: (text, add) =>
    addMatches(text, international, add, match => {
      const digits = match.replace(/\D/g, '')
      return /^[17]/.test(digits) ? digits.length === 11 && !/^1[01]/.test(digits) : true
    }),
}
