import { z } from 'zod'

/** When the result of a tool counts as empty, in place of what holds for every tool. */
export const toolRule = z.discriminatedUnion('when', [
  /** What stands at a path of its JSON must be more than nothing. */
  z.object({ tool: z.string().min(1).max(200), when: z.literal('no_rows'), path: z.string().min(1).max(200) }),
  /** It contains a text, letters' case apart. */
  z.object({ tool: z.string().min(1).max(200), when: z.literal('says'), text: z.string().min(1).max(200) }),
  /** It matches a regular expression, of RE2. */
  z.object({ tool: z.string().min(1).max(200), when: z.literal('matches'), pattern: z.string().min(1).max(200) }),
  /** It never does: nothing is what the tool answers when all is well. */
  z.object({ tool: z.string().min(1).max(200), when: z.literal('never') }),
])
export type ToolRule = z.infer<typeof toolRule>

const steps = /^(?:[^.[\]\s][^.[\]]*|\[(?:\d{1,6}|\*)\])(?:\.[^.[\]]+|\[(?:\d{1,6}|\*)\])*$/

/** The steps of a path such as `data.items`, `$.pages[0].hits` or `results[*].rows`; undefined when it is none. */
export function pathSteps(path: string): string[] | undefined {
  const bare = path.trim().replace(/^\$\.?/, '')
  if (!steps.test(bare)) return undefined
  return bare
    .replace(/\[(\d+|\*)\]/g, '.$1')
    .split('.')
    .filter(step => step !== '')
}

/** Whether there is more than nothing at the end of some steps; `*` is every element of a list or field of an object. */
export function hasRows(value: unknown, steps: readonly string[]): boolean {
  const [step, ...rest] = steps
  if (step === undefined) return isSomething(value)
  if (typeof value !== 'object' || value === null) return false
  if (step === '*') return Object.values(value).some(inner => hasRows(inner, rest))
  return Object.hasOwn(value, step) && hasRows((value as Record<string, unknown>)[step], rest)
}

function isSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== '' && value !== 0 && value !== false
}
