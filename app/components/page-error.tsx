import { isRouteErrorResponse, useRouteError } from '@remix-run/react'
import { Compass, ServerCrash } from 'lucide-react'
import { Button, ButtonLink } from './button.tsx'
import { EmptyState } from './states.tsx'

/** What an error boundary shows: the server's own sentence when it answered with one, and a way on. */
export function PageError({ home = '/' }: { home?: string }) {
  const error = useRouteError()
  if (isRouteErrorResponse(error)) {
    const missing = error.status === 404
    return (
      <EmptyState
        as="h1"
        icon={missing ? Compass : ServerCrash}
        title={missing ? 'Not found' : `${error.status} ${error.statusText}`.trim()}
        actions={<ButtonLink to={home}>Go to the overview</ButtonLink>}
      >
        {sentence(error.data) ?? (missing ? 'There is nothing at this address.' : 'The server refused this request.')}
      </EmptyState>
    )
  }
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

function sentence(data: unknown) {
  if (typeof data === 'string' && data) return data
  if (data && typeof data === 'object' && 'message' in data) return String(data.message)
  return undefined
}
