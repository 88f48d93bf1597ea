import { z } from 'zod'
import { defineWorkflow } from '../../workflow.ts'
import { analyzeFallback } from './fallback.ts'
import { analyzeGraph, analyzeResult } from './graph.ts'
import { analyzeParams } from './params.ts'
import { analyzePrompts } from './prompts.ts'
import { analyzeTools } from './tools.ts'

export const analyze = defineWorkflow({
  name: 'analyze',
  version: '1',
  description: 'Answers a question from the knowledge base, with its sources; asks before it publishes the answer.',
  input: z.object({
    question: z.string().trim().min(1, 'must not be empty').max(8000).describe('What to find out.'),
    publish: z
      .boolean()
      .default(false)
      .describe('Ask a person to approve the answer, then add it to the knowledge base.'),
  }),
  params: analyzeParams,
  prompts: analyzePrompts,
  tools: analyzeTools,
  graph: analyzeGraph,
  result: analyzeResult,
  fallback: analyzeFallback,
})
