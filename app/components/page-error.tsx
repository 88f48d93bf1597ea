import type { MetaFunction } from '@remix-run/node'
import { isRouteErrorResponse, useRouteError } from '@remix-run/react'
import { Compass, ServerCrash, Unplug } from 'lucide-react'
import { Button, ButtonLink } from './button.tsx'
import { useLive } from './live-toggle.tsx'
import { EmptyState } from './states.tsx'

/** What an error boundary shows: the server's own sentence when it answered with one, and a way on. */
export function PageError({ home = '/' }: { home?: string }) {
  const error = useRouteError()
  if (isRouteErrorResponse(error)) {
    const missing = error.status === 404
    return (
      <>
        {looksAgain(error.data) && <LookAgain />}
        <EmptyState
          as="h1"
          icon={missing ? Compass : ServerCrash}
          title={missing ? 'Not found' : `${error.status} ${error.statusText}`.trim()}
          actions={<ButtonLink to={home}>Go to the overview</ButtonLink>}
        >
          {sentence(error.data) ?? (missing ? 'There is nothing at this address.' : 'The server refused this request.')}
        </EmptyState>
      </>
    )
  }
  if (isUnanswered(error)) return <Unanswered />
  return (
    <EmptyState
      as="h1"
      icon={ServerCrash}
      title="This page failed"
      actions={
        <>
          <Button onClick={() => location.reload()}>Try again</Button>
          <ButtonLink to={home} look="ghost">
            Go to the overview
          </ButtonLink>
        </>
      }
    >
      {error instanceof Error ? error.message : 'An unknown error.'}
    </EmptyState>
  )
}

/** The title of a page that an error boundary stands in for. */
export const errorMeta: MetaFunction = ({ error }) => {
  if (!error) return [{ title: 'Davylamp' }]
  const missing = isRouteErrorResponse(error) && error.status === 404
  return [{ title: `${missing ? 'Not found' : 'Error'} · Davylamp` }]
}

/** The words of browsers for an answer that never came, and of Remix for one that is not the server's own. */
const unanswered = /^(failed to fetch|load failed|network ?error.*|unable to decode turbo-stream.*)$/i
const isUnanswered = (error: unknown) => error instanceof Error && unanswered.test(error.message)

function Unanswered() {
  useLive(true, 3_000)
  return (
    <EmptyState as="h1" icon={Unplug} title="The server does not answer">
      This page comes back by itself as soon as it does.
    </EmptyState>
  )
}

function LookAgain() {
  useLive(true, 3_000)
  return null
}

const looksAgain = (data: unknown) =>
  data !== null && typeof data === 'object' && 'looksAgain' in data && data.looksAgain === true

function sentence(data: unknown) {
  if (typeof data === 'string' && data) return data
  if (data && typeof data === 'object' && 'message' in data) return String(data.message)
  return undefined
}
