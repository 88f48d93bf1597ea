import { z } from 'zod'

const answered = z.object({
  answer: z.string(),
  sources: z.array(z.object({ title: z.string(), path: z.string(), snippet: z.string().optional() })).optional(),
})
export type Source = NonNullable<z.infer<typeof answered>['sources']>[number]

/** The answer in a run's result, where the workflow gives one in words; undefined for any other result. */
export const answerOf = (result: unknown) => answered.safeParse(result).data
