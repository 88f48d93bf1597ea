import { editDistance } from '../../db/domain/edit-distance.ts'
import { openSender } from './sender.ts'
import type { Davylamp, Feedback, FeedbackOptions } from './types.ts'
import { watch } from './watch.ts'

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : ''
/** Longer texts are compared by their beginnings: the distance of a novel says no more than that of its first chapters. */
const longestText = 20_000

function feedback(options: FeedbackOptions): Feedback {
  const url = (options.url ?? (script && new URL(script).origin)).replace(/\/+$/, '')
  if (!url) throw new Error('davylamp: say where Davylamp is, by url')
  if (!options.token && !(options.clientKey && options.traceId))
    throw new Error('davylamp: give a feedback token, or a client key and a trace id')
  const send = openSender({ ...options, url })
  // One id for each thing that a user can say of an answer: said again, it replaces what was said before.
  const idOf = (id: string) => (options.userId ? `${id}-${options.userId}` : id).slice(0, 200)
  const say = (kind: string, more: { value?: number; action?: string; comment?: string; id?: string } = {}) => {
    const { id = kind, ...rest } = more
    return send({ id: idOf(id), kind, at: new Date().toISOString(), ...rest })
  }
  const made: Feedback = {
    thumbs: (value, comment) => say('thumbs', { value, ...(comment && { comment }) }),
    rating: value => say('rating', { value }),
    comment: text => say('comment', { comment: text }),
    copied: () => say('copy'),
    edited: (offered, accepted) =>
      say('edit', { value: editDistance(offered.slice(0, longestText), accepted.slice(0, longestText)) }),
    accepted: () => say('accept'),
    regenerated: () => say('regenerate'),
    abandoned: () => say('abandon'),
    action: name => say('action', { action: name, id: `action-${name}` }),
    completed: (value = true) => say('completion', { value: value ? 1 : 0 }),
    watch: root => watch(root, made),
  }
  return made
}

const davylamp: Davylamp = { feedback }
window.davylamp = davylamp
