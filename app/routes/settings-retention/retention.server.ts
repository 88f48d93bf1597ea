import { z } from 'zod'
import { readMark } from '../../../db/marks.ts'
import { mostRetentionDays, type ProjectSettings, recordAudit, updateProject } from '../../../db/projects.ts'
import { oldBefore, type Preview, previewOld, retentionMark } from '../../../db/retention.ts'
import type { Services } from '../../../db/services.ts'
import { type FormErrors, parseForm } from '../../form.ts'

const none: Preview = { spans: 0, traces: 0, signals: 0, runs: 0, oldestMs: 0 }

/** What is kept now, up to when the project's data was removed, and when its oldest trace began. */
export async function readRetention({ clickhouse, postgres }: Services, projectId: string) {
  const [removedBefore, { oldestMs }] = await Promise.all([
    readMark(postgres, retentionMark(projectId)),
    previewOld({ clickhouse, postgres }, { projectId, before: new Date(0) }),
  ])
  return { removedBefore: removedBefore ?? null, oldestMs }
}

const days = z
  .string()
  .trim()
  .regex(/^\d{0,9}$/, 'Enter a whole number of days, or nothing.')
  .transform(text => (text === '' ? null : Number(text)))
  .pipe(
    z
      .number()
      .min(1, 'Must be at least one day.')
      .max(mostRetentionDays, `At most ${mostRetentionDays.toLocaleString('en')} days; leave it empty for ever.`)
      .nullable(),
  )
const form = z.object({ intent: z.enum(['preview', 'save']), days })

export type Answer = {
  errors?: FormErrors
  saved?: true
  /** What would be removed, were so many days kept. */
  preview?: Preview & { days: number | null; before: string | null }
}
type Asker = { id: string; name: string; settings: ProjectSettings; userId: string }

/** Tells what keeping so many days removes, or saves that. */
export async function answerRetention(services: Services, asker: Asker, fields: FormData): Promise<Answer> {
  const asked = parseForm(form, fields)
  if (!asked.ok) return { errors: asked.errors }
  const { intent, days } = asked.value
  if (intent === 'preview') {
    const before = days === null ? null : oldBefore(days, new Date())
    const found = before ? await previewOld(services, { projectId: asker.id, before }) : none
    return { preview: { ...found, days, before: before?.toISOString() ?? null } }
  }
  const from = asker.settings.retentionDays
  if (from === days) return { saved: true }
  await updateProject(services.postgres, asker.id, { settings: { retentionDays: days } })
  await recordAudit(services.postgres, {
    projectId: asker.id,
    userId: asker.userId,
    action: 'retention.changed',
    subject: asker.name,
    detail: { days: { from: from ?? 'for ever', to: days ?? 'for ever' } },
  })
  return { saved: true }
}
