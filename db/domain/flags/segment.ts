import { z } from 'zod'
import { condition } from './condition.ts'
import { itemKey } from './key.ts'

/** A named group of users: those listed, and those for whom its conditions hold. It does not ask of other segments. */
export const segment = z
  .strictObject({
    key: itemKey,
    description: z.string().max(2000).default(''),
    match: z.enum(['all', 'any']).default('all'),
    when: z.array(condition).max(50).default([]),
    /** Targeting keys that belong to it, or do not, whatever the conditions say; exclusion goes first. */
    include: z.array(z.string().min(1).max(200)).max(10_000).default([]),
    exclude: z.array(z.string().min(1).max(200)).max(10_000).default([]),
  })
  .superRefine(({ when }, context) => {
    for (const [at, { op }] of when.entries())
      if (op === 'in_segment' || op === 'not_in_segment')
        context.addIssue({ code: 'custom', path: ['when', at, 'op'], message: 'must not ask of another segment' })
  })
export type Segment = z.infer<typeof segment>
