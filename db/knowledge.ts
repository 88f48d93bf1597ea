import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import { z } from 'zod'
import { splitSections } from './domain/sections.ts'
import type { Postgres } from './postgres.ts'

type Sql = Pick<Postgres, 'sql'>

const found = z.object({
  source: z.string(),
  path: z.string(),
  section: z.number(),
  title: z.string(),
  content: z.string(),
  snippet: z.string(),
  score: z.number(),
})
/** A section of a document; `snippet` is the part of `content` that answers the query best, as plain text. */
export type Found = z.infer<typeof found>

/**
 * The sections that match a query, best first: the project's own and those for everyone. Those that hold all words come
 * before those that hold some; a query with "quotes", `or` or -words means what it says, and gets no others.
 */
export async function searchKnowledge(
  { sql }: Sql,
  { projectId, query, limit = 8 }: { projectId: string; query: string; limit?: number },
): Promise<Found[]> {
  const text = query.replaceAll('\0', '')
  const search = async (words: ReturnType<Sql['sql']>) => {
    const rows = await sql`
      select
        source, path, section, title, content,
        ts_headline('english', content, words.query, 'MaxFragments=2, MinWords=15, MaxWords=40, StartSel="", StopSel=""') as snippet,
        ts_rank(search, words.query, 1)::float8 as score
      from kb_documents, (select ${words} as query) as words
      where (project_id is null or project_id = ${projectId}) and search @@ words.query
      order by score desc, id
      limit ${limit}`
    return rows.map(row => found.parse(row))
  }
  const all = await search(sql`websearch_to_tsquery('english', ${text})`)
  if (all.length >= limit || operators.test(text)) return all
  const some = await search(sql`replace(plainto_tsquery('english', ${text})::text, '&', '|')::tsquery`)
  const known = new Set(all.map(keyOf))
  return [...all, ...some.filter(section => !known.has(keyOf(section)))].slice(0, limit)
}

const operators = /"|(^|\s)-\w|\sor\s/i
const keyOf = ({ source, path, section }: Found) => JSON.stringify([source, path, section])

export type Document = { path: string; text: string }
export type Load = { source: string; projectId: string | null; documents: Document[] }

/** Puts documents in the place of all that `source` held before; in one transaction, so a search sees either. */
export async function loadDocuments(
  { sql }: Sql,
  { source, projectId, documents }: Load,
): Promise<{ sections: number }> {
  const rows = documents.flatMap(({ path, text }) =>
    splitSections(text, basename(path)).map((made, section) => ({
      project_id: projectId,
      source,
      path,
      section,
      ...made,
    })),
  )
  await sql.begin(async tx => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`kb:${projectId ?? ''}:${source}`}, 0))`
    await tx`delete from kb_documents where source = ${source} and project_id is not distinct from ${projectId}`
    for (let i = 0; i < rows.length; i += 500) await tx`insert into kb_documents ${tx(rows.slice(i, i + 500))}`
  })
  return { sections: rows.length }
}

/** Keeps one text under a path; one that is there already stays as it is, so that doing it twice is doing it once. */
export async function keepDocument(
  { sql }: Sql,
  row: { projectId: string; source: string; path: string; title: string; content: string },
) {
  await sql`
    insert into kb_documents (project_id, source, path, section, title, content)
    values (${row.projectId}, ${row.source}, ${row.path}, 0, ${row.title}, ${row.content.replaceAll('\0', '')})
    on conflict do nothing`
}

const readable = new Set(['.md', '.mdx', '.markdown', '.txt'])
const largestFile = 5 * 1024 * 1024

/** Loads a folder's Markdown and text files. Throws a sentence when the folder cannot be read or holds none. */
export async function loadFolder(
  postgres: Sql,
  { source, folder, projectId }: { source: string; folder: string; projectId: string | null },
): Promise<{ documents: number; sections: number }> {
  const documents = await readFolder(folder)
  if (documents.length === 0) throw new Error(`${folder} holds no Markdown or text files`)
  const { sections } = await loadDocuments(postgres, { source, projectId, documents })
  return { documents: documents.length, sections }
}

/** The Markdown and text files of a folder and those below it, without hidden ones and node_modules. */
export async function readFolder(folder: string): Promise<Document[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(`cannot read the folder ${folder}: ${error.code ?? error.message}`)
    },
  )
  const paths = entries
    .filter(entry => entry.isFile() && readable.has(extname(entry.name).toLowerCase()))
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .filter(path => !path.split('/').some(part => part.startsWith('.') || part === 'node_modules'))
    .sort()
  const documents: Document[] = []
  for (const path of paths) {
    const file = join(folder, path)
    if ((await stat(file)).size <= largestFile) documents.push({ path, text: await readFile(file, 'utf8') })
  }
  return documents
}
