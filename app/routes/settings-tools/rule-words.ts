import type { ToolRule } from '../../../db/domain/tool-rules.ts'

export const choices = [
  { value: 'no_rows', label: 'a path of its JSON holds no rows', hint: 'data.items, results[0].rows, pages[*].hits' },
  { value: 'says', label: 'it contains a text', hint: 'No documents matched' },
  { value: 'matches', label: 'it matches a regular expression', hint: '^0 results (of RE2, letters’ case apart)' },
  { value: 'never', label: 'never', hint: 'nothing is what it answers when all is well' },
]

/** What a rule looks for, as it was typed. */
export const whatOf = (rule: ToolRule) =>
  rule.when === 'no_rows' ? rule.path : rule.when === 'says' ? rule.text : rule.when === 'matches' ? rule.pattern : ''

export function sentenceOf(rule: ToolRule): string {
  if (rule.when === 'no_rows') return `empty when ${rule.path} holds no rows`
  if (rule.when === 'says') return `empty when it contains “${rule.text}”`
  return rule.when === 'matches' ? `empty when it matches ${rule.pattern}` : 'never empty'
}
