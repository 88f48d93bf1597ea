import { addOwnPrice, endOwnPrice, listOwnPrices, withdrawOwnPrice } from '../../../db/own-prices.ts'
import { recordAudit } from '../../../db/projects.ts'
import { queueRecompute } from '../../../db/recompute-jobs.ts'
import type { Services } from '../../../db/services.ts'
import { type FormErrors, parseForm } from '../../form.ts'
import { priceForm, versionForm, windowForm } from './price-input.ts'
import { previewCosts, recomputeWindow } from './prices.server.ts'
import { windows } from './shown.ts'

type Change = { services: Services; user: { id: string }; project: { id: string }; form: FormData }
export type Preview = Awaited<ReturnType<typeof previewCosts>> & { days: number }
export type Answer = {
  status?: number
  said?: string
  errors?: FormErrors
  values?: Record<string, string>
  preview?: Preview
}

/** Does what a form of the page asks for, and notes in the history who did. */
export const intents: Record<string, (change: Change) => Promise<Answer>> = { add, end, withdraw, preview, recompute }

async function add({ services: { postgres }, user, project, form }: Change): Promise<Answer> {
  const parsed = parseForm(priceForm, form)
  if (!parsed.ok) return { status: 400, errors: parsed.errors, values: parsed.values }
  const price = parsed.value
  const version = await addOwnPrice(postgres, { projectId: project.id, userId: user.id, price })
  if (!version) return { status: 409, errors: { form: 'A project can give 1,000 prices, and this one has.' } }
  const detail = { version, ...Object.fromEntries(Object.entries(price).filter(([, value]) => value !== null)) }
  await recordAudit(postgres, { ...by(user, project), action: 'price.added', subject: price.model, detail })
  return {
    said: `Calls of ${price.model} are priced by this from now on. Earlier ones keep their cost until you compute them again, below.`,
  }
}

async function end({ services: { postgres }, user, project, form }: Change): Promise<Answer> {
  return changeOwn({ postgres, user, project, form, action: 'price.ended', work: endOwnPrice })
}

async function withdraw({ services: { postgres }, user, project, form }: Change): Promise<Answer> {
  return changeOwn({ postgres, user, project, form, action: 'price.withdrawn', work: withdrawOwnPrice })
}

type Own = Omit<Change, 'services'> & Pick<Services, 'postgres'> & { action: string; work: typeof endOwnPrice }

async function changeOwn({ postgres, user, project, form, action, work }: Own): Promise<Answer> {
  const parsed = parseForm(versionForm, form)
  const version = parsed.ok ? parsed.value.version : ''
  const price = (await listOwnPrices(postgres, project.id)).find(one => one.version === version)
  if (!price || !(await work(postgres, { projectId: project.id, version })))
    return { status: 404, errors: { form: 'There is no such price, or it has ended already.' } }
  await recordAudit(postgres, { ...by(user, project), action, subject: price.model, detail: { version } })
  return { said: 'It holds no more. Compute costs again, below, for calls that it priced.' }
}

async function preview({ services, project, form }: Change): Promise<Answer> {
  const parsed = parseForm(windowForm, form)
  if (!parsed.ok) return { status: 400, errors: parsed.errors }
  const { days } = parsed.value
  return { preview: { ...(await previewCosts(services, project.id, days, new Date())), days } }
}

async function recompute({ services: { postgres }, user, project, form }: Change): Promise<Answer> {
  const parsed = parseForm(windowForm, form)
  if (!parsed.ok) return { status: 400, errors: parsed.errors }
  const window = recomputeWindow(project.id, parsed.value.days, new Date())
  if (!(await queueRecompute(postgres, { ...window, userId: user.id })))
    return { status: 409, errors: { form: 'Costs are being computed again already: wait until that is done.' } }
  const label = windows.find(({ value }) => Number(value) === parsed.value.days)?.label ?? ''
  await recordAudit(postgres, { ...by(user, project), action: 'costs.recomputed', subject: label.toLowerCase() })
  return {}
}

const by = (user: { id: string }, project: { id: string }) => ({ projectId: project.id, userId: user.id })
