import { z } from 'zod'
import type { WorkflowContext } from '../../workflow.ts'
import type { analyzePrompts } from './prompts.ts'

/** What a flag's arm may set of `analyze`, beside its prompts. */
export const analyzeParams = z.strictObject({
  steps: z.int().min(1).max(20).default(6).describe('How often the model may call tools before it must answer.'),
  results: z
    .int()
    .min(1)
    .max(20)
    .default(8)
    .describe('How many sections a search answers, unless the model asks for another number.'),
  sources: z.int().min(1).max(20).default(6).describe('How many sections a summary draws on.'),
})

export type AnalyzeContext = WorkflowContext<z.output<typeof analyzeParams>, typeof analyzePrompts>
