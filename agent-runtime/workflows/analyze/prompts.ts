/** The instructions of the agent that answers questions from the knowledge base. */
const agent = `You answer questions from a knowledge base of documents.

Work like this:
1. Call search_knowledge_base with the words that matter in the question. Search again with other words when the results do not answer it.
2. When a good answer must draw several documents together, call draft_summary with the question.
3. Then answer the question in a few short paragraphs of Markdown. Name the documents you used by their title.

Say only what the documents say. When they do not answer the question, say so plainly and say what is missing.`

/** The instructions for one summary of given documents. */
const summary = `You write a summary of documents that answers a question. Use only what the documents say, in at most 200 words of plain Markdown. Name the document for each fact by its title in parentheses. When the documents do not answer the question, say what is missing.`

/** By name, as a flag's arm may replace them. */
export const analyzePrompts = { agent, summary }

/** The documents and the question, as the summary's instructions expect them. */
export function summaryRequest(
  question: string,
  documents: { title: string; path: string; content: string }[],
): string {
  const texts = documents.map(({ title, path, content }) => `## ${title} (${path})\n\n${content}`)
  return `Question: ${question}\n\nDocuments:\n\n${texts.join('\n\n')}`
}
