import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node'
import { useLoaderData, useSearchParams } from '@remix-run/react'
import { z } from 'zod'
import { mayEdit, notFound, requireEditor, requireProject } from '../../access.server.ts'
import { Page, type PageHandle } from '../../components/page.tsx'
import { type Tab, Tabs } from '../../components/tabs.tsx'
import { readBefore } from '../../older.ts'
import { unlessOnly } from '../../revalidate.ts'
import { Arms } from './arms.tsx'
import { changeFlag, type FlagAnswer, flagRequest } from './change-flag.server.ts'
import { Comparison } from './comparison.tsx'
import { FlagHead } from './flag-head.tsx'
import { FlagMenu } from './flag-menu.tsx'
import { HeldTo } from './held-to.tsx'
import { History } from './history.tsx'
import { RampPanel } from './ramp-panel.tsx'
import { type FlagView, readFlagView } from './read-flag.server.ts'
import { Removed } from './removed.tsx'
import { SettingsPanel } from './settings-panel.tsx'
import { Targeting } from './targeting.tsx'
import { TryIt } from './try-it.tsx'
import { UseIt } from './use-it.tsx'
import { VariantsPanel } from './variants.tsx'

export const handle: PageHandle = {
  crumbs: (_data, { flagKey = '' }) => [{ label: 'Flags', to: 'flags' }, { label: flagKey }],
}
export const meta: MetaFunction = ({ params }) => [{ title: `${params.flagKey} · Flags · Davylamp` }]

export const shouldRevalidate = unlessOnly('tab', 'metric', 'share')

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const view = await readFlagView(services, {
    projectId: project.id,
    key: args.params.flagKey ?? '',
    before: readBefore(args.request.url),
  })
  if (!view) throw notFound('There is no such flag in this project.')
  return { view, mayChange: mayEdit(project.role) }
}

export async function action(args: ActionFunctionArgs) {
  const { services, user, project } = await requireEditor(args)
  const asked = flagRequest.safeParse(Object.fromEntries(await args.request.formData()))
  if (!asked.success) {
    const message = z.prettifyError(asked.error)
    return data<FlagAnswer>({ ok: false, stale: false, message, faults: [] }, { status: 400 })
  }
  const where = { projectId: project.id, key: args.params.flagKey ?? '', userId: user.id }
  const answer = await changeFlag(services, where, asked.data)
  return data<FlagAnswer>(answer, { status: answer.ok ? 200 : answer.stale ? 409 : 400 })
}

export default function FlagPage() {
  const { view, mayChange } = useLoaderData<typeof loader>()
  const [params, setParams] = useSearchParams()
  if (!view.flag) return <Removed view={view} mayChange={mayChange} />
  const tabs = tabsOf(view, mayChange)
  const chosen = tabs.find(({ id }) => id === params.get('tab'))?.id ?? tabs[0]?.id
  const choose = (id: string) =>
    setParams(
      now => {
        now.set('tab', id)
        return now
      },
      { replace: true, preventScrollReset: true },
    )
  return (
    <Page title={view.key} lead={view.flag.description || undefined} actions={mayChange && <FlagMenu view={view} />}>
      <div className="grid gap-4">
        <FlagHead view={view} mayChange={mayChange} />
        <Tabs label="Flag" tabs={tabs} value={chosen} onChange={choose} panelClassName="pt-4" />
      </div>
    </Page>
  )
}

function tabsOf(view: FlagView, mayChange: boolean): Tab[] {
  const { flag } = view
  if (!flag) return []
  const own: Tab[] =
    flag.kind === 'workflow'
      ? [
          { id: 'comparison', label: 'Comparison', content: <Comparison view={view} /> },
          {
            id: 'arms',
            label: 'Arms and ramp',
            content: (
              <div className="grid gap-4">
                <Arms view={view} flag={flag} mayChange={mayChange} />
                <HeldTo view={view} flag={flag} mayChange={mayChange} />
                <RampPanel view={view} flag={flag} mayChange={mayChange} />
              </div>
            ),
          },
        ]
      : [
          {
            id: 'variants',
            label: 'Variants',
            content: <VariantsPanel view={view} flag={flag} mayChange={mayChange} />,
          },
        ]
  return [
    ...own,
    {
      id: 'targeting',
      label: 'Targeting',
      count: flag.rules.length || undefined,
      content: <Targeting view={view} flag={flag} mayChange={mayChange} />,
    },
    { id: 'settings', label: 'Settings', content: <SettingsPanel view={view} flag={flag} mayChange={mayChange} /> },
    {
      id: 'use',
      label: 'Try and use',
      content: (
        <div className="grid gap-4">
          <TryIt view={view} />
          <UseIt view={view} flag={flag} />
        </div>
      ),
    },
    {
      id: 'history',
      label: 'History',
      count: view.revision,
      content: <History view={view} mayChange={mayChange} />,
    },
  ]
}
