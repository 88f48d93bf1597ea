import { expect, test } from 'vitest'
import { type MetricId, metricById, metricChange } from '../../../db/domain/metrics.ts'

test.each<[MetricId, number | null, number | null, string, number | null]>([
  ['negative_feedback_rate', 0.12, 0.1, 'worse', 0.2],
  ['negative_feedback_rate', 0.08, 0.1, 'better', -0.2],
  ['task_completion_rate', 0.8, 1, 'worse', -0.2],
  ['task_completion_rate', 1, 0.8, 'better', 0.25],
  ['latency', 100, 100, 'same', 0],
  ['latency', 100, 0, 'worse', null],
  ['latency', null, 100, 'unknown', null],
  ['latency', 100, null, 'unknown', null],
  ['feedback_response_rate', 0.2, 0.1, 'changed', 1],
])('%s at %s after %s is %s', (id, now, before, verdict, relative) => {
  const change = metricChange(metricById(id), now, before)
  expect(change.verdict).toBe(verdict)
  if (relative === null) expect(change.relative).toBeNull()
  else expect(change.relative).toBeCloseTo(relative, 10)
})
