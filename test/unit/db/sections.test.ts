import { expect, it } from 'vitest'
import { splitSections } from '../../../db/domain/sections.ts'

it('splits Markdown at its headings, and names each section by the headings above it', () => {
  const text = '# Guide\n\nIntro.\n\n## Send\n\nSend it.\n\n### By curl\n\nUse curl.\n\n## Read\n\nRead it.\n'
  expect(splitSections(text, 'guide.md')).toEqual([
    { title: 'Guide', content: 'Intro.' },
    { title: 'Guide › Send', content: 'Send it.' },
    { title: 'Guide › Send › By curl', content: 'Use curl.' },
    { title: 'Guide › Read', content: 'Read it.' },
  ])
})

it('takes what looks like a heading in code as text, and a text without headings by its name', () => {
  expect(splitSections('```sh\n# a comment\n```', 'notes.txt')).toEqual([
    { title: 'notes.txt', content: '```sh\n# a comment\n```' },
  ])
  expect(splitSections('## Only a heading', 'x.md')).toEqual([])
})

it('splits a long section at blank lines, and a long paragraph at spaces, losing nothing', () => {
  const paragraphs = Array.from({ length: 30 }, (_, i) => `${i} ${'word '.repeat(80)}`.trim())
  const sections = splitSections(`# Long\n\n${paragraphs.join('\n\n')}`, 'x')
  expect(sections.length).toBeGreaterThan(1)
  expect(sections.every(({ title, content }) => title === 'Long' && content.length <= 4000)).toBe(true)
  expect(sections.map(({ content }) => content).join('\n\n')).toBe(paragraphs.join('\n\n'))
  const one = splitSections('y '.repeat(5000), 'x')
  expect(one.map(({ content }) => content.replaceAll(' ', '')).join('')).toBe('y'.repeat(5000))
})
