import type { ShouldRevalidateFunctionArgs } from '@remix-run/react'

/** A route's `shouldRevalidate`: parameters that only its page reads do not make its loader run again. */
export const unlessOnly =
  (...params: string[]) =>
  ({ currentUrl, nextUrl, formMethod, defaultShouldRevalidate }: ShouldRevalidateFunctionArgs) => {
    const rest = (url: URL) => {
      const kept = new URL(url)
      for (const param of params) kept.searchParams.delete(param)
      return kept.pathname + kept.search
    }
    const moved = currentUrl.href !== nextUrl.href && rest(currentUrl) === rest(nextUrl)
    return moved && formMethod === undefined ? false : defaultShouldRevalidate
  }
