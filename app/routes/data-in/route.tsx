import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { type ShouldRevalidateFunctionArgs, useLoaderData } from '@remix-run/react'
import { useState } from 'react'
import { requireProject } from '../../access.server.ts'
import { useLive } from '../../components/live-toggle.tsx'
import { Page, type PageHandle } from '../../components/page.tsx'
import { readNewKey } from '../../new-key.server.ts'
import { ArrivalsChart } from './arrivals-chart.tsx'
import { readDataIn } from './data-in.server.ts'
import { endpoints } from './endpoints.server.ts'
import { FeedbackArrivals } from './feedback-arrivals.tsx'
import { FirstTrace } from './first-trace.tsx'
import { Rejects } from './rejects.tsx'
import { Senders } from './senders.tsx'
import { SetUp } from './set-up.tsx'

export const handle: PageHandle = { crumbs: [{ label: 'Data in' }], range: { fallback: '7d' } }
export const meta: MetaFunction = () => [{ title: 'Data in · Davylamp' }]

export async function loader(args: LoaderFunctionArgs) {
  const { services, project } = await requireProject(args)
  const params = new URL(args.request.url).searchParams
  return {
    projectId: project.id,
    ...(await readDataIn(services, project.id, params, new Date())),
    endpoints: endpoints(services.config),
    newKey: readNewKey(services, args.request, project.id),
    mayChange: project.role === 'owner' || project.role === 'admin',
  }
}

/** Another client's set-up needs nothing from the server. */
export function shouldRevalidate({ currentUrl, nextUrl, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) {
  const rest = (url: URL) => {
    const params = new URLSearchParams(url.search)
    params.delete('client')
    return `${url.pathname}?${params}`
  }
  const onlyClient = currentUrl.search !== nextUrl.search && rest(currentUrl) === rest(nextUrl)
  return onlyClient ? false : defaultShouldRevalidate
}

export default function DataIn() {
  const { projectId, arrivals, newest, endpoints, newKey, mayChange, ...seen } = useLoaderData<typeof loader>()
  useLive(true, newest ? 5_000 : 2_000)
  // Who comes to set up keeps the set-up on top while the first spans arrive below.
  const [setUpFirst] = useState(!newest)
  const setUp = <SetUp projectId={projectId} endpoints={endpoints} newKey={newKey} mayChange={mayChange} />
  return (
    <Page title="Data in" lead="Send spans by OTLP, start runs, give feedback. What arrives shows here.">
      <div className="grid grid-cols-1 gap-4">
        <FirstTrace projectId={projectId} newest={newest} arrivals={arrivals} />
        {setUpFirst && setUp}
        <ArrivalsChart arrivals={arrivals} series={seen.series} bucketSeconds={seen.bucketSeconds} />
        <FeedbackArrivals projectId={projectId} feedback={seen.feedback} arrivals={arrivals} />
        <Rejects arrivals={arrivals} kept={seen.rejects} />
        <Senders arrivals={arrivals} conventions={seen.conventions} />
        {!setUpFirst && setUp}
      </div>
    </Page>
  )
}
