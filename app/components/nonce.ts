import { createContext, useContext } from 'react'

export const NonceContext = createContext<string | undefined>(undefined)

/** The nonce of this page's content security policy; only known while the server renders. */
export const useNonce = () => useContext(NonceContext)
