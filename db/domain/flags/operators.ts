/** What a condition can ask of an attribute; `takes` says what its values must be. */
export const operators = {
  is: { label: 'is', takes: 'values' },
  is_not: { label: 'is not', takes: 'values' },
  contains: { label: 'contains', takes: 'texts' },
  starts_with: { label: 'starts with', takes: 'texts' },
  ends_with: { label: 'ends with', takes: 'texts' },
  matches: { label: 'matches the pattern', takes: 'pattern' },
  above: { label: 'is above', takes: 'number' },
  at_least: { label: 'is at least', takes: 'number' },
  below: { label: 'is below', takes: 'number' },
  at_most: { label: 'is at most', takes: 'number' },
  before: { label: 'is before', takes: 'moment' },
  after: { label: 'is after', takes: 'moment' },
  version: { label: 'is a version in', takes: 'range' },
  exists: { label: 'is given', takes: 'nothing' },
  missing: { label: 'is not given', takes: 'nothing' },
  in_segment: { label: 'is in the segment', takes: 'segments' },
  not_in_segment: { label: 'is not in the segment', takes: 'segments' },
} as const
export type Operator = keyof typeof operators
export type Takes = (typeof operators)[Operator]['takes']
