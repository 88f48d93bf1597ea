export type Passage = { title: string; path: string; content: string }
export type Extract = { text: string; title: string; path: string }

const stopWords = new Set(
  'a an and are as at be by can do does for from how i in into is it its my of on or that the this to was what when where which who why with you your'.split(
    ' ',
  ),
)

/**
 * The sentences of passages that say most about a query, best first: each counts the query's words it holds, rarer words
 * more (inverse sentence frequency), by its length; words of its section's title count a third. A passage found earlier
 * breaks ties. No sentence comes twice.
 */
export function extractSentences(query: string, passages: Passage[], most: number): Extract[] {
  const wanted = [...new Set(words(query).filter(word => !stopWords.has(word)))]
  const sentences = passages.flatMap((passage, rank) =>
    splitSentences(passage.content).map(text => ({
      text,
      rank,
      passage,
      stems: stems(text),
      title: stems(passage.title),
    })),
  )
  const frequency = (word: string) => sentences.filter(({ stems }) => stems.has(stem(word))).length
  const weights = new Map(wanted.map(word => [stem(word), Math.log(1 + sentences.length / (1 + frequency(word)))]))
  const scored = sentences.map(sentence => {
    const share = (word: string) => (sentence.stems.has(word) ? 1 : sentence.title.has(word) ? titleShare : 0)
    const sum = [...weights].reduce((total, [word, weight]) => total + weight * share(word), 0)
    return { ...sentence, score: sum / Math.sqrt(8 + sentence.stems.size) }
  })
  const best = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.rank - b.rank)
  const unique = new Map(
    best.map(({ text, passage }) => [text.toLowerCase(), { text, title: passage.title, path: passage.path }]),
  )
  return [...unique.values()].slice(0, most)
}

/** Sentences of a Markdown text, without code, tables and list marks. */
export function splitSentences(markdown: string): string[] {
  const prose = markdown
    .replace(/(```|~~~)[\s\S]*?(\1|$)/g, '\n\n')
    .split('\n')
    .filter(line => !/^\s*(\||#{1,6}\s|<)/.test(line))
    .map(line => line.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '\n\n').replace(/^>\s?/, ''))
    .join('\n')
  return prose
    .split(/\n\s*\n/)
    .flatMap(paragraph =>
      paragraph
        .replace(/\s+/g, ' ')
        .trim()
        .split(/(?<=[.!?])\s+(?=[A-Z0-9"'`([])/),
    )
    .map(text => text.trim())
    .filter(text => text.length >= 20 && text.length <= 600)
}

const titleShare = 1 / 3
const stems = (text: string) => new Set(words(text).map(stem))
const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
/** Plural, -ing, -ed and the like off, so that "traces" meets "trace". */
const stem = (word: string) => (word.length <= 4 ? word.replace(/s$/, '') : word.replace(/(ing|ed|es|s|e)$/, ''))
