import type { Services } from '../db/services.ts'

export type SignedIn = { id: string; name: string; email: string }

declare module '@remix-run/server-runtime' {
  /** What the web server hands to every loader and action: the running services, never a second copy of them. */
  interface AppLoadContext {
    services: Services
    user: SignedIn | undefined
    /** Of this answer's content security policy. */
    nonce: string
  }
  interface Future {
    v3_singleFetch: true
  }
}
