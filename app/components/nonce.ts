import { createContext, useContext } from 'react'

export const NonceContext = createContext<string | undefined>(undefined)

/**
 * The nonce of this page's content security policy: the server knows it while it renders; in the browser the page's own
 * scripts have it.
 */
export function useNonce(): string | undefined {
  const rendered = useContext(NonceContext)
  return (
    rendered ??
    (typeof document === 'undefined' ? undefined : document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce)
  )
}
