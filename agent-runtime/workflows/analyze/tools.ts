import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import { z } from 'zod'
import { type Found, keepDocument, searchKnowledge } from '../../../db/knowledge.ts'
import { textOf } from '../../instrument/messages.ts'
import type { AnalyzeContext } from './params.ts'
import { summaryRequest } from './prompts.ts'

export type Source = { title: string; path: string; snippet: string }

const longestText = 1500

export const sourceOf = ({ title, path, snippet }: Found): Source => ({ title, path, snippet })

/** Finds documents and tells the people who watch how many. */
export async function search(context: AnalyzeContext, query: string, limit: number): Promise<Found[]> {
  context.progress('Searching the knowledge base')
  const found = await searchKnowledge(context.services.postgres, { projectId: context.run.projectId, query, limit })
  context.progress(found.length === 1 ? 'Found 1 document' : `Found ${found.length} documents`, { count: found.length })
  return found
}

/** Tools answer JSON; what they found goes along as an artifact, for the run's sources. */
export function analyzeTools(context: AnalyzeContext): StructuredToolInterface[] {
  const searchTool = tool(
    async ({ query, limit }) => {
      const found = await search(context, query, limit)
      const results = found.map(({ title, path, content }) => ({ title, path, text: content.slice(0, longestText) }))
      return [JSON.stringify({ results }), found.map(sourceOf)]
    },
    {
      name: 'search_knowledge_base',
      description: 'Searches the knowledge base and answers the best matching sections: title, path and text.',
      schema: z.object({
        query: z.string().min(1).max(500).describe('The words to look for.'),
        limit: z.number().int().min(1).max(20).default(context.params.results).describe('How many sections at most.'),
      }),
      responseFormat: 'content_and_artifact',
    },
  )

  const draftTool = tool(
    async ({ question }, config) => {
      const found = await searchKnowledge(context.services.postgres, {
        projectId: context.run.projectId,
        query: question,
        limit: context.params.sources,
      })
      if (found.length === 0) return [JSON.stringify({ summary: '', sources: [] }), []]
      context.progress('Drafting the answer')
      const messages = [new SystemMessage(context.prompts.summary), new HumanMessage(summaryRequest(question, found))]
      const answer = await context.model.invoke(messages, { callbacks: config.callbacks, signal: context.signal })
      const sources = found.map(({ title, path }) => ({ title, path }))
      return [JSON.stringify({ summary: textOf(answer), sources }), found.map(sourceOf)]
    },
    {
      name: 'draft_summary',
      description: 'Drafts a summary, with sources, of what the knowledge base says on a question.',
      schema: z.object({ question: z.string().min(1).max(2000).describe('What the summary should answer.') }),
      responseFormat: 'content_and_artifact',
    },
  )
  return [searchTool, draftTool]
}

/** Puts an approved summary into the project's knowledge base; under the run's own path, so that twice is once. */
export function publishTool(context: AnalyzeContext) {
  const path = `summaries/${context.run.id}.md`
  return tool(
    async ({ title, summary }) => {
      await keepDocument(context.services.postgres, {
        projectId: context.run.projectId,
        source: 'summaries',
        path,
        title,
        content: summary,
      })
      return JSON.stringify({ published: path })
    },
    {
      name: 'publish_summary',
      description: 'Publishes a summary as a document of the knowledge base.',
      schema: z.object({ title: z.string(), summary: z.string() }),
    },
  )
}
