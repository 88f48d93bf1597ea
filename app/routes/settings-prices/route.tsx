import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { requireAdmin, requireProject } from '../../access.server.ts'
import { useLive } from '../../components/live-toggle.tsx'
import type { PageHandle } from '../../components/page.tsx'
import { type Answer, intents } from './change-prices.server.ts'
import { Models } from './models.tsx'
import { OwnPrices } from './own-prices.tsx'
import { readPricesPage } from './prices.server.ts'
import { Recompute } from './recompute.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Prices' }] }
export const meta: MetaFunction = () => [{ title: 'Prices · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  return {
    ...(await readPricesPage(services, project.id, new Date())),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireAdmin(args)
  const form = await args.request.formData()
  const asked = String(form.get('intent'))
  const work = Object.hasOwn(intents, asked) ? intents[asked] : undefined
  if (!work) return data<Answer>({ errors: { form: 'This is not something that prices do.' } }, { status: 400 })
  const answer = await work({ services, user, project, form })
  return data<Answer>(answer, { status: answer.status ?? 200 })
}

export default function Prices() {
  const { models, own, recomputes, mayChange } = useLoaderData<typeof loader>()
  useLive(recomputes[0]?.status === 'queued' || recomputes[0]?.status === 'running', 2_000)
  return (
    <div className="grid gap-4">
      <Models models={models} mayChange={mayChange} />
      <OwnPrices prices={own} mayChange={mayChange} />
      <Recompute recomputes={recomputes} mayChange={mayChange} />
    </div>
  )
}
