import type { Incident } from './incidents.ts'
import type { Services } from './services.ts'

type Stores = Pick<Services, 'postgres' | 'clickhouse'>

/** Something that can be done about an incident with one click. */
export type Remedy = {
  id: string
  /** `Roll back support-agent to 5 %`. */
  label: string
  /** What will happen, as a consequence: `stops the canary for 1,240 users`. */
  consequence: string
  /** Does it, and answers what was done, for the incident's history. */
  apply(person: { id: string; name: string }): Promise<string>
}
export type RemedySource = (stores: Stores, incident: Incident) => Promise<Remedy[]>

/** Everything that knows what to do about an incident: another source is another row. */
const sources: RemedySource[] = []

export async function listRemedies(stores: Stores, incident: Incident): Promise<Remedy[]> {
  if (incident.endedAt) return []
  return (await Promise.all(sources.map(source => source(stores, incident)))).flat()
}
