import { z } from 'zod'
import { toolRule } from '../../../db/domain/tool-rules.ts'
import { ruleFault } from '../../../db/tool-rules.ts'

const text = (message: string) => z.string().trim().min(1, message).max(200, 'At most 200 characters.')

/** A rule as the form sends it: what it looks for stands in one field, whatever it is. */
export const ruleForm = z
  .object({
    tool: text('Name the tool.'),
    when: z.enum(['no_rows', 'says', 'matches', 'never'], 'Choose when it is empty.'),
    what: z.string().trim().max(200, 'At most 200 characters.').default(''),
  })
  .refine(({ when, what }) => when === 'never' || what !== '', { path: ['what'], message: 'Say what to look for.' })
  .transform(({ tool, when, what }, context) => {
    const rule = toolRule.parse(
      when === 'no_rows'
        ? { tool, when, path: what }
        : when === 'says'
          ? { tool, when, text: what }
          : when === 'matches'
            ? { tool, when, pattern: what }
            : { tool, when },
    )
    const fault = ruleFault(rule)
    if (!fault) return rule
    context.addIssue({ code: 'custom', path: ['what'], message: fault })
    return z.NEVER
  })

export const toolForm = z.object({ tool: text('Name the tool.') })
