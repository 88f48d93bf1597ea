import { hiddenValue } from '../../../db/domain/redaction/redactor.ts'
import { recordAudit } from '../../../db/projects.ts'
import { readRedaction, redactBy, saveRedaction } from '../../../db/redaction.ts'
import type { Services } from '../../../db/services.ts'
import { faultsOf, saveForm, tryForm } from './redaction-input.ts'
import { changeOf } from './words.ts'

export type Answer = {
  status?: number
  saved?: boolean
  /** What would be stored of the text that was tried. */
  stored?: string
  errors?: Record<string, string>
}
type Change = { services: Services; user: { id: string }; project: { id: string; name: string }; form: FormData }

/** Tries rules on a text, or saves them. */
export async function changeRedaction(change: Change): Promise<Answer> {
  const intent = String(change.form.get('intent'))
  const fields = Object.fromEntries(change.form)
  if (intent === 'try') return tryRules(fields)
  return intent === 'save'
    ? save(change, fields)
    : { status: 400, errors: { form: 'This is not something to do here.' } }
}

function tryRules(fields: Record<string, unknown>): Answer {
  const parsed = tryForm.safeParse(fields)
  if (!parsed.success) return { status: 400, errors: faultsOf(parsed.error) }
  const { rules, text, attribute } = parsed.data
  const redactor = redactBy(rules)
  return { stored: attribute !== '' && redactor.hides(attribute) ? hiddenValue : redactor.text(text) }
}

async function save({ services, user, project }: Change, fields: Record<string, unknown>): Promise<Answer> {
  const parsed = saveForm.safeParse(fields)
  if (!parsed.success) return { status: 400, errors: faultsOf(parsed.error) }
  const { rules, version } = parsed.data
  const before = await readRedaction(services.postgres, project.id)
  const note = { projectId: project.id, userId: user.id }
  if (before.version !== version || !(await saveRedaction(services.postgres, { ...note, rules, version })))
    return { status: 409, errors: { form: 'Somebody changed these rules since you opened them: load the page again.' } }
  const detail = changeOf(before.rules, rules)
  if (Object.keys(detail).length > 0)
    await recordAudit(services.postgres, { ...note, action: 'redaction.changed', subject: project.name, detail })
  return { saved: true }
}
