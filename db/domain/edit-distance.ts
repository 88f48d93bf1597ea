/** Levenshtein distance of two texts as a share of the longer one: 0 the same, 1 nothing kept. */
export function editDistance(offered: string, accepted: string): number {
  const longest = Math.max(offered.length, accepted.length)
  if (longest === 0) return 0
  let start = 0
  while (start < offered.length && offered[start] === accepted[start]) start += 1
  let end = 0
  const rest = Math.min(offered.length, accepted.length) - start
  while (end < rest && offered.at(-1 - end) === accepted.at(-1 - end)) end += 1
  const [a, b] = [offered, accepted]
    .map(text => text.slice(start, text.length - end))
    .sort((x, y) => x.length - y.length)
  return levenshtein(a ?? '', b ?? '') / longest
}

/**
 * Myers' bit-parallel algorithm (1999, in Hyyrö's form for blocks of 32 rows): the columns of the usual table as bits,
 * so that texts of some thousand letters take milliseconds.
 */
function levenshtein(short: string, long: string): number {
  if (short.length === 0) return long.length
  const blocks = Math.ceil(short.length / 32)
  const letters = new Map<number, Int32Array>()
  for (let row = 0; row < short.length; row++) {
    const code = short.charCodeAt(row)
    const bits = letters.get(code) ?? new Int32Array(blocks)
    bits[row >>> 5] = (bits[row >>> 5] as number) | (1 << (row & 31))
    letters.set(code, bits)
  }
  const none = new Int32Array(blocks)
  const plus = new Int32Array(blocks).fill(-1)
  const minus = new Int32Array(blocks)
  const last = 1 << ((short.length - 1) & 31)
  let distance = short.length
  for (let column = 0; column < long.length; column++) {
    const equal = letters.get(long.charCodeAt(column)) ?? none
    // What the row above passes down: +1 along the table's upper edge.
    let carryPlus = 1
    let carryMinus = 0
    for (let block = 0; block < blocks; block++) {
      const p = plus[block] as number
      const m = minus[block] as number
      const match = equal[block] as number
      const vertical = match | m
      const seen = match | carryMinus
      const diagonal = (((seen & p) + p) ^ p) | seen
      let down = m | ~(diagonal | p)
      let up = p & diagonal
      if (block === blocks - 1) {
        if (down & last) distance += 1
        if (up & last) distance -= 1
      }
      const nextPlus = down >>> 31
      const nextMinus = up >>> 31
      down = (down << 1) | carryPlus
      up = (up << 1) | carryMinus
      plus[block] = up | ~(vertical | down)
      minus[block] = down & vertical
      carryPlus = nextPlus
      carryMinus = nextMinus
    }
  }
  return distance
}
