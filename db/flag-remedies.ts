import { randomBytes } from 'node:crypto'
import type { Flag } from './domain/flags/flag.ts'
import { itemKey } from './domain/flags/key.ts'
import { percent } from './domain/flags/words.ts'
import { whole } from './domain/format.ts'
import { headline } from './domain/incident.ts'
import { dayMs } from './domain/time.ts'
import { readAiUsers, readExposure } from './flag-exposure.ts'
import { listItems } from './flag-history.ts'
import { saveItem } from './flags.ts'
import type { Incident } from './incidents.ts'
import type { Remedied, Remedy, RemedySource } from './remedies.ts'
import type { Services } from './services.ts'
import { listWorkflows } from './workflows-seen.ts'

type Stores = Pick<Services, 'postgres' | 'clickhouse'>

const days = 7
const mostCanaries = 3

/** What flags can do about an incident: put its workflow's canary back to the control, or do without AI. */
export const flagRemedies: RemedySource = async (stores, incident) => {
  const { projectId } = incident
  const [items, workflow] = await Promise.all([
    listItems(stores.postgres, projectId, 'flag'),
    workflowOf(stores, incident),
  ])
  const flags = new Map(items.map(({ key, doc }) => [key, doc as Flag]))
  const canaries = [...flags.values()].flatMap(flag =>
    flag.kind === 'workflow' && flag.state === 'canary' && (!workflow || flag.key === workflow) ? [flag] : [],
  )
  const flag = workflow ? flags.get(workflow) : undefined
  const canGoOff = workflow && itemKey.safeParse(workflow).success && flag?.kind !== 'value' && flag?.state !== 'off'
  return Promise.all([
    ...canaries.slice(0, mostCanaries).map(each => rollBack(stores, incident, each)),
    ...(canGoOff ? [disableAi(stores, incident, workflow, flag !== undefined)] : []),
  ])
}

/** The one workflow that an incident is about: its own, the one that carries it, or the only one there is. */
async function workflowOf({ clickhouse }: Stores, incident: Incident): Promise<string | undefined> {
  const { projectId, scope, filters, evidence } = incident
  if (scope) return scope
  if (filters.workflow) return filters.workflow.length === 1 ? filters.workflow[0] : undefined
  const carrier = evidence.segments.find(({ dimension, carries }) => dimension === 'workflow' && carries >= 0.5)
  if (carrier?.key) return carrier.key
  const window = { from: new Date(evidence.window.split), to: new Date(evidence.window.to) }
  const [only, ...others] = await listWorkflows(clickhouse, { projectId, ...window }).catch(() => [])
  return others.length === 0 ? only : undefined
}

async function rollBack(
  stores: Stores,
  incident: Incident,
  { key, share }: { key: string; share: number },
): Promise<Remedy> {
  const seen = await readExposure(stores.clickhouse, { projectId: incident.projectId, key, ...lastDays() }).catch(
    () => undefined,
  )
  const users = seen && (seen.find(({ variant }) => variant === 'canary')?.users ?? 0)
  return {
    id: `rollback:${key}`,
    label: `Roll back ${key}`,
    consequence: `Ends its canary at ${percent(share)}, which served ${people(users)} in the last ${days} days: they get the control, as everyone else. A ramp that runs is paused.`,
    apply: person =>
      change(stores, incident, key, person, {
        make: before => (before?.kind === 'workflow' ? { ...before, state: 'control' } : before),
        done: `rolled ${key} back to the control`,
        already: `${key} serves the control already`,
      }),
  }
}

async function disableAi(stores: Stores, incident: Incident, key: string, isFlag: boolean): Promise<Remedy> {
  const { projectId } = incident
  const seen = await readAiUsers(stores.clickhouse, { projectId, workflow: key, ...lastDays() }).catch(() => undefined)
  const made = isFlag ? '' : ` There is no flag ${key} yet: it is made, with its switch at off.`
  return {
    id: `off:${key}`,
    label: `Disable AI for ${key}`,
    consequence: `Stops AI for ${people(seen?.users)} of the last ${days} days: the deterministic path serves ${key} until somebody switches it on again.${made}`,
    apply: person =>
      change(stores, incident, key, person, {
        make: before => {
          if (!before) return { kind: 'workflow', key, salt: randomBytes(6).toString('hex'), state: 'off' }
          return before.kind === 'workflow' ? { ...before, state: 'off' } : before
        },
        done: `disabled AI for ${key}`,
        already: `AI is disabled for ${key} already`,
      }),
  }
}

const lastDays = () => ({ from: new Date(Date.now() - days * dayMs), to: new Date() })

const people = (users: number | undefined) =>
  users === undefined
    ? 'an unknown number of users (ClickHouse does not answer)'
    : `${whole(users)} ${users === 1 ? 'user' : 'users'}`

type Asked = { make(before: Flag | undefined): unknown; done: string; already: string }

/** A revision by the person, whatever the flag is by now: who acts on an incident must not be told to look again first. */
async function change(
  { postgres }: Stores,
  incident: Incident,
  key: string,
  person: { id: string },
  { make, done, already }: Asked,
): Promise<Remedied> {
  const saved = await saveItem(postgres, {
    ...{ projectId: incident.projectId, kind: 'flag', key },
    author: { by: 'person', userId: person.id },
    why: `Incident ${incident.id}: ${headline(incident)}`,
    change: make,
  })
  if (!saved.ok) return { ok: false, message: saved.message }
  return { ok: true, done: saved.changed ? done : already }
}
