// `npm run kb:load FOLDER [--project ID]`: loads a folder's Markdown and text files into the knowledge base. Loading the
// same folder again replaces what it held. Without --project every project can search it.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../db/config.ts'
import { loadFolder } from '../db/knowledge.ts'
import { createLogger } from '../db/log.ts'
import { openPostgres } from '../db/postgres.ts'
import { readRunning } from '../db/stores.ts'

const { values, positionals } = parseArgs({ options: { project: { type: 'string' } }, allowPositionals: true })
const [folder] = positionals
const log = createLogger()

try {
  if (!folder || positionals.length > 1) throw new Error('say which folder: npm run kb:load FOLDER [-- --project ID]')
  const config = loadConfig()
  const postgres = openPostgres(config.databaseUrl ?? readRunning(config.dataDir).postgres)
  const path = resolve(folder)
  const source = `folder:${path}`
  const loaded = await loadFolder(postgres, { source, folder: path, projectId: values.project ?? null })
  log.info(`loaded ${loaded.documents} documents (${loaded.sections} sections) from ${folder}`)
  await postgres.close()
} catch (error) {
  log.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
