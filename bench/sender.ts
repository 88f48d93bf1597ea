import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { LoadCommand, loadForms, Sent } from './load.ts'

export type LoadForm = (typeof loadForms)[number]
export type Sender = ReturnType<typeof startSender>

/** The second process, which sends the corpus: what it costs is not counted. */
export function startSender() {
  const child = fork(join(import.meta.dirname, 'load.ts'))
  const ask = <T>(command: LoadCommand) =>
    new Promise<T>((resolve, reject) => {
      child.once('message', (answer: { done: T } | { failed: string }) => {
        if ('failed' in answer) reject(new Error(answer.failed))
        else resolve(answer.done)
      })
      child.send(command)
    })
  return {
    pid: child.pid ?? 0,
    /** Makes so many requests of 512 spans; the inflated bytes of a span. */
    async prepare(form: LoadForm, requests: number): Promise<number> {
      return (await ask<{ inflated: number }>({ prepare: form, requests })).inflated
    },
    send: (how: Extract<LoadCommand, { send: LoadForm }>) => ask<Sent>(how),
    stop: () => child.disconnect(),
  }
}
