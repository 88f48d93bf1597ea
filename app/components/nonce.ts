import { createContext, useContext } from 'react'

export const NonceContext = createContext<string | undefined>(undefined)

/** The nonce of this page's content security policy; only known while the server renders. */
export const useNonce = () => useContext(NonceContext)

/** The same for style elements that are made in the browser, where the page's own scripts know it. */
export function useStyleNonce(): string | undefined {
  const nonce = useNonce()
  return (
    nonce ??
    (typeof document === 'undefined' ? undefined : document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce)
  )
}
