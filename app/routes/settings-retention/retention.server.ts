import { z } from 'zod'
import { readMark } from '../../../db/marks.ts'
import { mostRetentionDays, type ProjectSettings, recordAudit, updateProject } from '../../../db/projects.ts'
import { oldBefore, type Preview, previewOld, retentionMark } from '../../../db/retention.ts'
import { readClock, trustClock } from '../../../db/retention-clock.ts'
import type { Services } from '../../../db/services.ts'
import { type FormErrors, parseForm } from '../../form.ts'

const none: Preview = { spans: 0, traces: 0, signals: 0, runs: 0, oldestMs: 0 }

/** What is kept now, up to when the project's data was removed, and when its oldest trace began. */
export async function readRetention({ clickhouse, postgres }: Services, projectId: string) {
  const [removedBefore, { oldestMs }, clock] = await Promise.all([
    readMark(postgres, retentionMark(projectId)),
    previewOld({ clickhouse, postgres }, { projectId, before: new Date(0) }),
    readClock(postgres, projectId),
  ])
  return { removedBefore: removedBefore ?? null, oldestMs, clock }
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
const form = z.discriminatedUnion('intent', [
  z.object({ intent: z.enum(['preview', 'save']), days }),
  z.object({ intent: z.literal('trust') }),
])

export type Answer = {
  errors?: FormErrors
  saved?: true
  /** What would be removed, were so many days kept. */
  preview?: Preview & { days: number | null; before: string | null }
}
type Asker = { id: string; name: string; settings: ProjectSettings; userId: string }

/** Tells what keeping so many days removes, saves that, or takes note that the clock is right. */
export async function answerRetention(services: Services, asker: Asker, fields: FormData): Promise<Answer> {
  const asked = parseForm(form, fields)
  if (!asked.ok) return { errors: asked.errors }
  const { postgres } = services
  if (asked.value.intent === 'trust') {
    await trustClock(postgres, asker.id)
    return { saved: true }
  }
  const { intent, days } = asked.value
  if (intent === 'preview') {
    const { now } = await readClock(postgres, asker.id)
    const before = days === null ? null : oldBefore(days, now)
    const found = before ? await previewOld(services, { projectId: asker.id, before }) : none
    return { preview: { ...found, days, before: before?.toISOString() ?? null } }
  }
  const from = asker.settings.retentionDays
  if (from === days) return { saved: true }
  await updateProject(postgres, asker.id, { settings: { retentionDays: days } })
  // The date up to which all goes was in sight.
  await trustClock(postgres, asker.id)
  await recordAudit(postgres, {
    projectId: asker.id,
    userId: asker.userId,
    action: 'retention.changed',
    subject: asker.name,
    detail: { days: { from: from ?? 'for ever', to: days ?? 'for ever' } },
  })
  return { saved: true }
}
