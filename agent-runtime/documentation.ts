import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, loadDocuments, readFolder } from '../db/knowledge.ts'
import type { Services } from '../db/services.ts'

const root = join(import.meta.dirname, '..')

/** Loads the product's own README and docs into the knowledge base, for every project, when they have changed. */
export async function loadOwnDocumentation({ postgres, log }: Pick<Services, 'postgres' | 'log'>) {
  const documents = await readOwn()
  const hash = createHash('sha256').update(JSON.stringify(documents)).digest('hex')
  const [known] = await postgres.sql`select value #>> '{}' as hash from instance where key = 'documentation'`
  if (known?.hash === hash) return
  const { sections } = await loadDocuments(postgres, { source: 'davylamp', projectId: null, documents })
  await postgres.sql`
    insert into instance (key, value) values ('documentation', to_jsonb(${hash}::text))
    on conflict (key) do update set value = excluded.value, updated_at = now()`
  log.debug('loaded the documentation into the knowledge base', { documents: documents.length, sections })
}

async function readOwn(): Promise<Document[]> {
  const readme = { path: 'README.md', text: await readFile(join(root, 'README.md'), 'utf8') }
  const docs = await readFolder(join(root, 'docs'))
  return [readme, ...docs.map(({ path, text }) => ({ path: `docs/${path}`, text }))]
}
