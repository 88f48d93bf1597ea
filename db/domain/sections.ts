export type Section = { title: string; content: string }

const longest = 4000

/**
 * Splits a Markdown or plain text into sections at its headings. A section's title is the text's first heading (or `name`),
 * then the headings above it; a section over 4,000 characters is split at blank lines. Headings in code fences are text.
 */
export function splitSections(text: string, name: string): Section[] {
  const above: string[] = []
  const sections: { title: string; lines: string[] }[] = [{ title: name, lines: [] }]
  let fence = ''
  for (const line of text.replaceAll('\0', '').split(/\r?\n/)) {
    const [, mark = ''] = /^\s*(```+|~~~+)/.exec(line) ?? []
    if (mark) fence = fence ? (mark.startsWith(fence) ? '' : fence) : mark
    const [, hashes, heading] = (!fence && /^(#{1,6})\s+(.+?)\s*#*$/.exec(line)) || []
    if (hashes && heading) {
      above.length = Math.min(above.length, hashes.length - 1)
      above[hashes.length - 1] = heading
      sections.push({ title: above.filter(Boolean).join(' › '), lines: [] })
    } else sections.at(-1)?.lines.push(line)
  }
  return sections.flatMap(({ title, lines }) => pieces(lines.join('\n').trim()).map(content => ({ title, content })))
}

function pieces(text: string): string[] {
  if (text.length <= longest) return text ? [text] : []
  const made: string[] = []
  for (const paragraph of text.split(/\n\s*\n/).flatMap(cut)) {
    const last = made.at(-1)
    if (last !== undefined && last.length + paragraph.length + 2 <= longest)
      made[made.length - 1] = `${last}\n\n${paragraph}`
    else made.push(paragraph)
  }
  return made
}

/** A paragraph longer than a section, cut at spaces where it has them. */
function cut(paragraph: string): string[] {
  if (paragraph.length <= longest) return [paragraph]
  const space = paragraph.lastIndexOf(' ', longest)
  const at = space > longest / 2 ? space : longest
  return [paragraph.slice(0, at), ...cut(paragraph.slice(at).trimStart())]
}
