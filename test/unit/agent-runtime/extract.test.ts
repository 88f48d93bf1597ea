import { expect, it } from 'vitest'
import { extractSentences, splitSentences } from '../../../agent-runtime/workflows/analyze/extract.ts'

const passages = [
  {
    title: 'Refunds',
    path: 'refunds.md',
    content:
      'A refund is paid within 14 days. It goes to the card that paid.\n\n- Gift cards are not refunded in cash.',
  },
  {
    title: 'Shipping',
    path: 'shipping.md',
    content: 'Parcels leave the warehouse each morning. A parcel takes two days within the country.',
  },
]

it('picks the sentences that hold the words asked for, with where they stand', () => {
  expect(extractSentences('How many days does a parcel take?', passages, 1)).toEqual([
    { text: 'A parcel takes two days within the country.', title: 'Shipping', path: 'shipping.md' },
  ])
})

it('meets other forms of a word, and lets the title of a section speak for it', () => {
  const texts = extractSentences('refunding', passages, 3).map(({ text }) => text)
  expect(texts).toEqual([
    'A refund is paid within 14 days.',
    'Gift cards are not refunded in cash.',
    'It goes to the card that paid.',
  ])
})

it('says no sentence twice, and nothing to words that do not occur', () => {
  expect(extractSentences('parcel', [...passages, ...passages], 10)).toHaveLength(2)
  expect(extractSentences('zebra', passages, 10)).toEqual([])
  expect(extractSentences('the of and', passages, 10)).toEqual([])
})

it('splits Markdown into sentences, without code, tables and headings', () => {
  const markdown =
    '# A heading here\n\nThe first sentence stands here. The second one\ncomes after it.\n\n```sh\nnpm start is code and left out\n```\n\n| a table | is left out too |\n\n1. An item is a sentence of its own'
  expect(splitSentences(markdown)).toEqual([
    'The first sentence stands here.',
    'The second one comes after it.',
    'An item is a sentence of its own',
  ])
})
