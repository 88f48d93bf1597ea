/** Says where in a text something stands, by its first place and the one behind its last. */
export type Add = (from: number, to: number) => void

/** One kind of what must not be stored, and how it is found in a plain text. Takes time by the length of the text. */
export type Finder = {
  /** What stands in its place: `[redacted: name]`. */
  name: string
  /**
   * Whether a text can hold any, told quickly: true too often is slow, false too often is wrong. It may ask only for
   * characters that JSON writes as they are, so that it can be asked of a JSON text for all the texts within.
   */
  mayBeIn(text: string): boolean
  find(text: string, add: Add): void
}

/** What stands in the place of what was found. */
export const markOf = (name: string) => `[redacted: ${name}]`

type Range = { from: number; to: number; name: string }

/** A text with all that was found in it replaced; the text itself when nothing was. */
export function redactPlain(text: string, finders: readonly Finder[]): string {
  const found: Range[] = []
  for (const { name, find } of finders) find(text, (from, to) => found.push({ from, to, name }))
  if (found.length === 0) return text
  found.sort((a, b) => a.from - b.from || b.to - a.to)
  const pieces: string[] = []
  let kept = 0
  for (const { from, to, name } of joined(found)) {
    pieces.push(text.slice(kept, from), markOf(name))
    kept = to
  }
  pieces.push(text.slice(kept))
  return pieces.join('')
}

/** What overlaps becomes one, with the name of the first of them. */
function joined(sorted: readonly Range[]): Range[] {
  const ranges: Range[] = []
  for (const range of sorted) {
    const last = ranges.at(-1)
    if (last && range.from < last.to) last.to = Math.max(last.to, range.to)
    else ranges.push({ ...range })
  }
  return ranges
}

/** The places of all matches of a global expression; `accept` may refuse one. */
export function addMatches(text: string, pattern: RegExp, add: Add, accept: (match: string) => boolean = () => true) {
  for (const match of text.matchAll(pattern)) {
    if (accept(match[0])) add(match.index, match.index + match[0].length)
  }
}

/**
 * Behind no letter or digit; a letter that ends an escape is none, as texts that are almost JSON (cut off, or one a
 * line) are read as they stand.
 */
export const edge = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))`
