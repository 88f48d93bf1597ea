import { addMatches, edge, type Finder } from './finders.ts'

const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
const version4 = new RegExp(String.raw`${edge}(?<!\d\.)${byte}(?:\.${byte}){3}(?![A-Za-z0-9]|\.\d)`, 'g')
/** What stands before four numbers that are a version: a word for it, or a product as in Chrome/120.0.0.0. */
const versionWord = /(?:\b(?:v|ver|version|release|build)\.?["']?[ :=]{0,3}["']?)$/i
const product = /[A-Za-z]\/$/

const group = '[0-9A-Fa-f]{1,4}'
const mayHoldVersion6 = /::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:/
const version6 = new RegExp(
  `${edge}(?<![:.])(?:${group})?(?::(?:${group})?){2,8}(?<=[0-9A-Fa-f]|::)(?![A-Za-z0-9]|:[0-9A-Fa-f:])`,
  'g',
)

/** IP addresses of both versions. */
export const ipAddresses: Finder = {
  name: 'IP address',
  mayBeIn: text => /\d\.\d{1,3}\.\d/.test(text) || mayHoldVersion6.test(text),
  find(text, add) {
    for (const { 0: match, index } of text.matchAll(version4)) {
      const left = text.slice(Math.max(0, index - 16), index)
      const isVersion = versionWord.test(left) || (product.test(left) && match.endsWith('.0.0'))
      if (!isVersion) add(index, index + match.length)
    }
    if (mayHoldVersion6.test(text)) addMatches(text, version6, add, isVersion6)
  },
}

/** Eight groups, or fewer around one `::`; times, MAC addresses and the paths of programs (`std::a`) are none. */
function isVersion6(text: string): boolean {
  const halves = text.split('::')
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  if (halves.length > 2 || groups.some(one => one === '')) return false
  if (halves.length === 1) return groups.length === 8
  if (groups.length > 7 || !/\d/.test(text)) return false
  return groups.length > 1 || text === '::1'
}
