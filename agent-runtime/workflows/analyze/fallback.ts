import { type RunnableConfig, RunnableLambda } from '@langchain/core/runnables'
import { tool } from '@langchain/core/tools'
import { z } from 'zod'
import type { Found } from '../../../db/knowledge.ts'
import { type Extract, extractSentences } from './extract.ts'
import type { AnalyzeContext } from './params.ts'
import { type Source, search, sourceOf } from './tools.ts'

const mostSentences = 6

/** The answer without a model: the search, and the sentences found that say most about the question, by document. */
export async function analyzeFallback(
  { question }: { question: string; publish?: boolean },
  context: AnalyzeContext,
  config: RunnableConfig,
): Promise<{ answer: string; sources: Source[] }> {
  let found: Found[] = []
  const searchTool = tool(
    async ({ query }) => {
      found = await search(context, query, context.params.results)
      return JSON.stringify({ results: found.map(({ title, path, snippet }) => ({ title, path, snippet })) })
    },
    {
      name: 'search_knowledge_base',
      description: 'Searches the knowledge base.',
      schema: z.object({ query: z.string() }),
    },
  )
  await searchTool.invoke({ query: question }, { ...config, runName: 'search_knowledge_base' })
  context.progress('Picking the sentences that answer')
  const pick = RunnableLambda.from((query: string) => extractSentences(query, found, mostSentences))
  const picked = await pick.invoke(question, { ...config, runName: 'extract_sentences' })
  return { answer: writeAnswer(picked, found), sources: found.map(sourceOf) }
}

function writeAnswer(picked: Extract[], found: Found[]): string {
  if (found.length === 0)
    return 'The knowledge base has nothing that matches this question. Try other words, or load documents that cover it.'
  if (picked.length === 0) return `These documents match: ${found.map(({ title }) => title).join('; ')}.`
  const titles = [...new Set(picked.map(({ title }) => title))]
  const parts = titles.map(title => {
    const sentences = picked.filter(extract => extract.title === title).map(({ text }) => `- ${text}`)
    return `**${title}**\n\n${sentences.join('\n')}`
  })
  return `From the knowledge base, word for word:\n\n${parts.join('\n\n')}`
}
