import type { ShouldRevalidateFunctionArgs } from '@remix-run/react'

/**
 * A route's `shouldRevalidate`: parameters that only its page reads do not make its loader run again; a change that was
 * refused for what somebody else has changed (409) does, so that this can be seen and taken.
 */
export const unlessOnly =
  (...params: string[]) =>
  ({ currentUrl, nextUrl, formMethod, actionStatus, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) => {
    const rest = (url: URL) => {
      const kept = new URL(url)
      for (const param of params) kept.searchParams.delete(param)
      return kept.pathname + kept.search
    }
    const moved = currentUrl.href !== nextUrl.href && rest(currentUrl) === rest(nextUrl)
    if (moved && formMethod === undefined) return false
    return actionStatus === 409 || defaultShouldRevalidate
  }
