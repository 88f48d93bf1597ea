import { describe, expect, it } from 'vitest'
import type { Span } from '../../../db/domain/span.ts'
import { pathSteps, type ToolRule } from '../../../db/domain/tool-rules.ts'
import { judgeBy, ruleFault } from '../../../db/tool-rules.ts'
import { judgeTools } from '../../../ingest/semconv/tool-judge.ts'
import cases from '../../cases/tool-rules.json' with { type: 'json' }
import { toolCall } from '../../factories.ts'

type Case = { name: string; rule: object; result: string; empty: boolean }

describe('a rule says whether a result is empty', () => {
  it.each(cases as Case[])('$name', ({ rule, result, empty }) => {
    const judge = judgeBy([{ tool: 'search', ...rule } as ToolRule])
    expect(judge('search', result)).toBe(empty)
    expect(judge('another', result)).toBeUndefined()
  })

  it('of a pattern made to be slow within milliseconds', () => {
    const judge = judgeBy([{ tool: 'search', when: 'matches', pattern: '^(a+)+$' }])
    const began = performance.now()
    expect(judge('search', `${'a'.repeat(1_990)}b`)).toBe(false)
    expect(judge('search', 'a'.repeat(100_000))).toBe(false)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

describe('paths', () => {
  it.each([
    ['data.items', ['data', 'items']],
    ['$.data["x"]', undefined],
    ['$', undefined],
    ['$[0].a', ['0', 'a']],
    ['a[*][2].b', ['a', '*', '2', 'b']],
    ['a..b', undefined],
    ['a[', undefined],
    ['.a', undefined],
    ['with space.items', ['with space', 'items']],
  ])('%s', (path, steps) => {
    expect(pathSteps(path)).toEqual(steps)
  })
})

it.each<[object, string | undefined]>([
  [{ when: 'matches', pattern: '(a' }, 'This is not a regular expression'],
  [{ when: 'matches', pattern: '(?=a)' }, 'This is not a regular expression'],
  [{ when: 'no_rows', path: 'a..b' }, 'This is not a path'],
  [{ when: 'matches', pattern: '^a' }, undefined],
  [{ when: 'never' }, undefined],
])('%j can be used, or is told why not', (rule, fault) => {
  const told = ruleFault({ tool: 'search', ...rule } as ToolRule)
  if (fault) expect(told).toContain(fault)
  else expect(told).toBeUndefined()
})

describe('what a rule is asked about', () => {
  const judged = (given: Partial<Span>) => {
    const span = toolCall({ toolName: 'search', toolResult: '{"total":0}', ...given })
    judgeTools([span], judgeBy([{ tool: 'search', when: 'no_rows', path: 'total' }]))
    return span.toolOutcome
  }
  it.each<[string, Partial<Span>, string]>([
    ['a result', {}, 'empty'],
    [
      'a result that every other tool would call empty',
      { toolOutcome: 'empty', toolResult: '{"total":3,"items":[]}' },
      'ok',
    ],
    ['not a failure', { toolOutcome: 'error' }, 'error'],
    ['not a call that has not ended', { toolOutcome: '' }, ''],
    ['not a result that was not recorded', { toolResult: '' }, 'ok'],
    ['not what the client said itself', { attributes: { 'davylamp.tool.outcome': '"ok"' } }, 'ok'],
    ['not another kind of span', { kind: 'retriever' }, 'ok'],
    ['not another tool', { toolName: 'lookup' }, 'ok'],
  ])('%s', (_, given, outcome) => {
    expect(judged(given)).toBe(outcome)
  })
})
