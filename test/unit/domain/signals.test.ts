import { describe, expect, it } from 'vitest'
import { editDistance } from '../../../db/domain/edit-distance.ts'
import { polarityOf, type SignalKind, saysTheSame, signalInput } from '../../../db/domain/signals.ts'
import { seeded } from '../../ingest/otlp-factory.ts'

const defaults = { ratingNegativeBelow: 0.4, ratingPositiveAbove: 0.6, editPositiveUpTo: 0.2, editNegativeAbove: 0.5 }
const trace_id = 'ab'.repeat(16)

describe('polarity by the default thresholds', () => {
  it.each<[SignalKind, number | null, -1 | 0 | 1]>([
    ['thumbs', 1, 1],
    ['thumbs', -1, -1],
    ['rating', 0.39, -1],
    ['rating', 0.4, 0],
    ['rating', 0.6, 0],
    ['rating', 0.61, 1],
    ['copy', null, 1],
    ['edit', 0, 1],
    ['edit', 0.2, 1],
    ['edit', 0.21, 0],
    ['edit', 0.5, 0],
    ['edit', 0.51, -1],
    ['regenerate', null, -1],
    ['abandon', null, -1],
    ['accept', null, 1],
    ['action', null, 1],
    ['completion', 1, 0],
    ['completion', 0, 0],
    ['comment', null, 0],
  ])('%s %s is %s', (kind, value, expected) => {
    expect(polarityOf(kind, value, defaults)).toBe(expected)
  })

  it('moves with the thresholds of the project', () => {
    expect(polarityOf('rating', 0.5, { ...defaults, ratingNegativeBelow: 0.55 })).toBe(-1)
  })
})

describe('a signal as it is sent', () => {
  it.each([
    [{ kind: 'thumbs', value: 0 }, 'value', 'must be 1 or -1'],
    [{ kind: 'thumbs' }, 'value', 'must be 1 or -1'],
    [{ kind: 'completion', value: 2 }, 'value', 'must be 1 or 0'],
    [{ kind: 'rating', value: 5 }, 'value', 'must be from 0 to 1'],
    [{ kind: 'copy', value: 1 }, 'value', 'must be left out'],
    [{ kind: 'edit' }, 'value', 'or give both texts'],
    [{ kind: 'edit', original: 'a' }, 'value', 'or give both texts'],
    [{ kind: 'comment' }, 'comment', 'must hold the words'],
    [{ kind: 'smile' }, 'kind', 'Invalid option'],
    [{ kind: 'copy', trace_id: 'abc' }, 'trace_id', 'must be 32 hexadecimal digits'],
    [{ kind: 'copy', at: 'yesterday' }, 'at', ''],
    [{ kind: 'edit', original: 'x'.repeat(20_001), edited: '' }, 'original', 'Too big'],
  ])('%j is refused', (signal, path, words) => {
    const parsed = signalInput.safeParse({ trace_id, ...signal })
    const issue = parsed.error?.issues[0]
    expect(issue?.path.join('.')).toBe(path)
    expect(issue?.message).toContain(words)
  })

  it.each([
    { kind: 'thumbs', value: -1, comment: 'wrong', labels: { reason: 'tone' } },
    { kind: 'rating', value: 0 },
    { kind: 'edit', original: '', edited: 'all new' },
    { kind: 'action', action: 'sent', at: '2026-01-01T00:00:00+02:00' },
    { kind: 'copy', value: null, at: 1_760_000_000_000 },
  ])('%j is taken', signal => {
    expect(signalInput.safeParse({ trace_id, ...signal }).error).toBeUndefined()
  })
})

describe('the distance of an edit', () => {
  it.each([
    ['', '', 0],
    ['same', 'same', 0],
    ['', 'new', 1],
    ['kitten', 'sitting', 3 / 7],
    ['abc', 'xyz', 1],
    ['a long beginning X', 'a long beginning Y', 1 / 18],
  ])('%j to %j is %d', (offered, accepted, expected) => {
    expect(editDistance(offered, accepted)).toBeCloseTo(expected, 12)
  })

  it('is that of the plain algorithm on random texts, across the blocks of 32', () => {
    const random = seeded(3)
    const text = () => Array.from({ length: random() * 150 }, () => 'abcd'[Math.floor(random() * 4)]).join('')
    for (let round = 0; round < 500; round++) {
      const [a, b] = [text(), text()]
      expect(editDistance(a, b)).toBeCloseTo(plain(a, b) / Math.max(a.length, b.length, 1), 12)
    }
  })
})

describe('a signal sent again with its id', () => {
  const said = { kind: 'thumbs', value: 1, action: '', comment: 'fine', labels: { a: '1', b: '2' } }
  it('repeats what was said, in whatever order its labels stand', () => {
    expect(saysTheSame(said, { ...said, labels: { b: '2', a: '1' } })).toBe(true)
    expect(saysTheSame({ ...said, value: null }, { ...said, value: null })).toBe(true)
  })

  it.each([{ kind: 'rating' }, { value: -1 }, { value: null }, { action: 'sent' }, { comment: '' }, { labels: {} }])(
    'corrects it by %j',
    other => {
      expect(saysTheSame(said, { ...said, ...other })).toBe(false)
    },
  )
})

it('texts are made whole, names hold no control characters', () => {
  const sent = { trace_id, kind: 'comment', comment: 'half \ud800', labels: { 'a\udc00': '\ud83d' } }
  expect(signalInput.parse(sent)).toMatchObject({ comment: 'half \ufffd', labels: { 'a\ufffd': '\ufffd' } })
  for (const id of ['', 'a\u0000', 'line\nbreak', 'x'.repeat(201)])
    expect(signalInput.safeParse({ ...sent, id }).success).toBe(false)
})

function plain(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const [above = 0, left = 0, diagonal = 0] = [row[j], next[j - 1], row[j - 1]]
      next.push(Math.min(above + 1, left + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}
