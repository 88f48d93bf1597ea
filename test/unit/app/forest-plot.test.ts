import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it, test } from 'vitest'
import { ForestPlot, type ForestRow } from '../../../app/components/forest-plot.tsx'
import { TooltipProvider } from '../../../app/components/tooltip.tsx'
import { forecast, guardrailWords } from '../../../db/domain/guardrail-words.ts'
import { type GuardrailId, guardrailById } from '../../../db/domain/guardrails.ts'
import type { GuardrailData } from '../../../db/domain/stats/guardrail.ts'
import { readGuardrail } from '../../../db/domain/stats/guardrail-reading.ts'
import { meanSums, shares } from '../domain/stats/sums-of.ts'

const rules = { alpha: 0.0125, planned: 8000, usersADay: 1000 }
const rowOf = (id: GuardrailId, data: GuardrailData, untrusted = false): ForestRow => ({
  guardrail: guardrailById(id),
  reading: readGuardrail(guardrailById(id), data, rules),
  untrusted,
})
/** What a reader sees and hears: texts and accessible names, without marks. */
const told = (...rows: ForestRow[]) => {
  const plot = createElement(ForestPlot, { rows })
  const markup = renderToStaticMarkup(createElement(TooltipProvider, null, plot))
  return {
    markup,
    text: `${markup.replace(/<[^>]+>/g, ' ')} ${[...markup.matchAll(/aria-label="([^"]*)"/g)].map(m => m[1])}`,
  }
}

const safe = rowOf('negative_feedback_rate', shares([190, 4000], [400, 4000]))
const harmed = rowOf('error_rate', shares([400, 4000], [200, 4000]))
const unsure = rowOf('task_completion_rate', shares([205, 4000], [200, 4000]))
const none = rowOf('latency', { canary: meanSums(0, 0, 0), control: meanSums(0, 0, 0) })
const open = rowOf('tool_failure_rate', shares([4, 300], [0, 300]))

describe('the forest plot', () => {
  it.each([
    ['safe', safe, 'safe'],
    ['surely worse', harmed, 'surely worse'],
    ['unsure', unsure, 'needs about 14,000 more users'],
    ['without data', none, 'no data'],
    ['not comparable', { ...safe, untrusted: true }, 'not comparable'],
  ] as const)('says in words what is %s', (_, row, words) => {
    expect(told(row).text).toContain(words)
  })

  it('gives both values in their unit, the interval and the tolerance in words too', () => {
    const { text } = told(harmed)
    expect(text).toMatch(/5\.0 %\s+→\s+10\.0 %/)
    expect(text).toMatch(/Errors: \+\d+\.\d % to \+\d+ %, tolerated \+25\.0 %/)
    expect(told(rowOf('latency', { canary: meanSums(900, 7, 0.5), control: meanSums(900, 7, 0.5) })).text).toContain(
      '1.10 s',
    )
  })

  it('draws the interval against the line of what is tolerated, on one scale', () => {
    const { markup } = told(safe, unsure)
    const lefts = [...markup.matchAll(/left:([\d.]+)%/g)].map(([, left]) => Number(left))
    expect(lefts.every(left => left >= 0 && left <= 100)).toBe(true)
    const tolerated = [...markup.matchAll(/border-dashed" style="left:([\d.]+)%/g)].map(([, left]) => left)
    expect(new Set(tolerated).size).toBe(1)
    expect(Number(tolerated[0])).toBeGreaterThan(50)
  })

  it('draws an open side to the edge, and says that it is open', () => {
    const { markup, text } = told(open)
    expect(text).toMatch(/at least [−+][\d.]+ % worse/)
    expect(markup).toMatch(/left:[\d.]+%;width:[\d.]+%/)
    expect(`${told(none, open, safe).markup}`).not.toMatch(/NaN|Infinity|undefined/)
  })
})

test.each([
  [1, 'about 1'],
  [37, 'about 37'],
  [341, 'about 350'],
  [3391, 'about 3,400'],
  [98_765, 'about 99,000'],
])('a forecast of %d users reads %s', (users, words) => expect(forecast(users)).toBe(words))

test('a verdict that rests on a floor says so', () => {
  expect(guardrailWords(rowOf('error_rate', shares([0, 4000], [0, 4000])).reading)).toEqual({
    mark: 'safe',
    words: 'safe: next to none',
  })
})
