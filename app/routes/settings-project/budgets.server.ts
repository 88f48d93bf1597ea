import { z } from 'zod'
import { readBudgetDay } from '../../../db/budgets.ts'
import { costsBy, readPriceBook } from '../../../db/costs.ts'
import { allBudgets, largestBudgetUsd, smallestBudgetUsd } from '../../../db/domain/budget.ts'
import { type ProjectSettings, recordAudit, updateProject } from '../../../db/projects.ts'
import type { Services } from '../../../db/services.ts'
import { type FormErrors, parseForm } from '../../form.ts'
import { changes } from './changes.ts'
import { longestAnswers } from './longest-answers.ts'

const usersShown = 5

/**
 * The project's budgets, what the models can cost that runs call, and what has been spent today; nothing is counted where
 * there is no budget.
 */
export async function readBudgets({ postgres, config }: Services, { id, settings }: Pick<Asker, 'id' | 'settings'>) {
  const { budgetUsdPerDay: projectUsd, userBudgetUsdPerDay: userUsd } = settings
  const [today, book] = await Promise.all([
    readBudgetDay(postgres, { projectId: id, users: usersShown }),
    readPriceBook(postgres, id),
  ])
  const longest = longestAnswers(config.models, costsBy(book), allBudgets(settings), new Date())
  return { projectUsd, userUsd, today, longest }
}

const dollars = z
  .string()
  .trim()
  .transform(text => (text === '' ? null : Number(text)))
  .pipe(
    z
      .number('Enter US dollars, or nothing.')
      .min(smallestBudgetUsd, `Must be at least $${smallestBudgetUsd}; leave it empty for no budget.`)
      .max(largestBudgetUsd, `At most $${largestBudgetUsd.toLocaleString('en')}; leave it empty for no budget.`)
      .nullable(),
  )
const form = z.object({ budgetUsdPerDay: dollars, userBudgetUsdPerDay: dollars })

type Asker = { id: string; name: string; settings: ProjectSettings; userId: string }

export async function saveBudgets(
  { postgres }: Services,
  { id, name, settings, userId }: Asker,
  fields: FormData,
): Promise<FormErrors | undefined> {
  const asked = parseForm(form, fields)
  if (!asked.ok) return asked.errors
  const { budgetUsdPerDay, userBudgetUsdPerDay } = settings
  const detail = changes(
    { project: budgetUsdPerDay ?? 'none', 'each user': userBudgetUsdPerDay ?? 'none' },
    { project: asked.value.budgetUsdPerDay ?? 'none', 'each user': asked.value.userBudgetUsdPerDay ?? 'none' },
  )
  if (Object.keys(detail).length === 0) return undefined
  await updateProject(postgres, id, { settings: asked.value })
  await recordAudit(postgres, { projectId: id, userId, action: 'budget.changed', subject: name, detail })
  return undefined
}
