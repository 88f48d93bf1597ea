import { createContext } from 'react'

/** Where the payloads of the shown span are fetched whole; '' where they are not. */
export const PayloadBase = createContext('')
