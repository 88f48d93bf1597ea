import { z } from 'zod'
import { type AlertRule, alertRule } from '../../../db/domain/alert-rule.ts'
import { filterKeys, type TraceFilters } from '../../../db/domain/trace-filters.ts'

/**
 * A rule as the form sends it: percent for the threshold, checkboxes, and each filter as a text of its own. Gives the rule,
 * or one sentence a field.
 */
export function readRuleForm(
  form: FormData,
): { rule: AlertRule; errors?: undefined } | { errors: Record<string, string> } {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const filters: TraceFilters = {}
  for (const key of filterKeys) {
    const values = text(`filter.${key}`)
      .split(',')
      .map(value => value.trim())
      .filter(Boolean)
    if (values.length > 0) filters[key] = values
  }
  const percent = z.coerce.number().safeParse(text('threshold'))
  const parsed = alertRule.safeParse({
    name: text('name'),
    metric: text('metric'),
    filters,
    eachWorkflow: form.get('eachWorkflow') === 'on',
    windowHours: text('windowHours'),
    everyHours: text('everyHours'),
    latenessMinutes: text('latenessMinutes'),
    threshold: percent.success ? percent.data / 100 : text('threshold'),
    floor: text('floor') || 0,
    minUsers: text('minUsers'),
    minEvents: text('minEvents'),
    severity: text('severity'),
    fastLane: form.get('fastLane') === 'on',
    standardiseBy: text('standardiseBy') === 'none' ? '' : text('standardiseBy'),
    channels: form.getAll('channels').map(String),
    enabled: true,
  })
  if (parsed.success) return { rule: parsed.data }
  const errors: Record<string, string> = {}
  for (const { path, message } of parsed.error.issues) errors[String(path[0] ?? 'form')] ??= message
  return { errors }
}
