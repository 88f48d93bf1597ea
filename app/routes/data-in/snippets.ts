import { byHand } from './clients/by-hand.ts'
import type { Client, Endpoints } from './clients/client.ts'
import { instrumentations } from './clients/instrumentations.ts'
import { openTelemetry } from './clients/opentelemetry.ts'

export const keyPlaceholder = 'YOUR_API_KEY'

/** Set-up for each kind of client, ready to paste. */
export const snippets = (endpoints: Endpoints, key: string): Client[] =>
  [openTelemetry, instrumentations, byHand].flatMap(clients => clients(endpoints, key))
