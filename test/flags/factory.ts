import type { Flag } from '../../db/domain/flags/flag.ts'
import { type Saved, saveItem } from '../../db/flags.ts'
import type { Postgres } from '../../db/postgres.ts'

/** A workflow flag's document with what is given in place of the defaults. */
export const workflowDoc = (key: string, fields: object = {}) => ({ kind: 'workflow', key, salt: 's', ...fields })

/** A boolean flag that is on for everyone. */
export const booleanDoc = (key: string, fields: object = {}) => ({
  kind: 'value',
  key,
  salt: 's',
  type: 'boolean',
  state: 'on',
  variants: { yes: true, no: false },
  offVariant: 'no',
  otherwise: { variant: 'yes' },
  ...fields,
})

type Where = { postgres: Pick<Postgres, 'orm'>; projectId: string | null }

/** Saves a flag whatever it is by now. Throws when it is refused. */
export async function putFlag({ postgres, projectId }: Where, doc: { key: string }, why = 'a test') {
  return accepted(
    await saveItem(postgres, {
      projectId,
      kind: 'flag',
      key: doc.key,
      author: { by: 'person' },
      why,
      change: () => doc,
    }),
  )
}

export async function changeFlag({ postgres, projectId }: Where, key: string, fields: Partial<Flag> | object) {
  const change = (before: object | undefined) => ({ ...before, ...fields })
  return accepted(
    await saveItem(postgres, { projectId, kind: 'flag', key, author: { by: 'person' }, why: 'a test', change }),
  )
}

export async function putSegment({ postgres, projectId }: Where, doc: { key: string }) {
  return accepted(
    await saveItem(postgres, {
      projectId,
      kind: 'segment',
      key: doc.key,
      author: { by: 'person' },
      why: '',
      change: () => doc,
    }),
  )
}

/** Switches AI off or on for a project, or with `projectId` null for the whole installation. */
export async function switchAi(
  { postgres, projectId }: Where,
  fields: { off: boolean; whenOff?: string; reason?: string },
) {
  return accepted(
    await saveItem(postgres, {
      projectId,
      kind: 'ai',
      key: 'ai',
      author: { by: 'person' },
      why: 'a test',
      change: () => fields,
    }),
  )
}

function accepted(saved: Saved) {
  if (!saved.ok) throw new Error(`refused: ${saved.message}`)
  return saved
}
