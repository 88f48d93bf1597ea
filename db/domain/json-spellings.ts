const quoted = (text: string) => JSON.stringify(text).slice(1, -1)

/**
 * A word as it is, then as it may stand within a JSON text: its quotes and backslashes escaped, and, as Python's json
 * writes it, all but ASCII as `\uXXXX`. There a letter has another number in the other case, so that a search which
 * ignores case needs the word in small letters, in capitals, and with one capital.
 */
export function jsonSpellings(word: string): string[] {
  const json = quoted(word)
  const cases = inAscii(json) === json ? [] : [json, json.toLowerCase(), json.toUpperCase(), capitalised(json)]
  return [...new Set([word, json, ...cases.map(inAscii)])]
}

const inAscii = (json: string) =>
  json.replace(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

function capitalised(text: string) {
  const [first = '', ...rest] = text.toLowerCase()
  return first.toUpperCase() + rest.join('')
}
