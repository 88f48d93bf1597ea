import { type Flag, flag } from '../../../db/domain/flags/flag.ts'
import { type Mark, marksOf } from '../../../db/domain/flags/standing.ts'
import { stateWords } from '../../../db/domain/flags/words.ts'
import { listItems } from '../../../db/flag-history.ts'
import type { Services } from '../../../db/services.ts'

export type FlagRow = {
  key: string
  description: string
  kind: Flag['kind']
  /** Of a value flag its type. */
  type: string
  state: string
  words: string
  share: number | null
  rules: number
  isPublic: boolean
  marks: Mark[]
  changedAt: Date
  who: string
}

/** The project's flags as the list shows them, by key. */
export async function listFlagRows({ postgres }: Services, projectId: string, now: Date): Promise<FlagRow[]> {
  const items = await listItems(postgres, projectId, 'flag')
  return items.flatMap(({ key, doc, changedAt, madeBy, who }) => {
    const read = flag.safeParse(doc)
    if (!read.success) return []
    const one = read.data
    return {
      key,
      description: one.description,
      kind: one.kind,
      type: one.kind === 'value' ? one.type : 'workflow',
      state: one.state,
      words: stateWords(one),
      share: one.kind === 'workflow' && one.state === 'canary' ? one.share : null,
      rules: one.rules.length,
      isPublic: one.public,
      marks: marksOf(one, changedAt, now),
      changedAt,
      who: madeBy === 'ramp' ? 'the ramp' : (who ?? 'somebody'),
    }
  })
}
