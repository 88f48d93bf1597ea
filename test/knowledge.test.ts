import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { searchKnowledge } from '../db/knowledge.ts'
import { mintProject, testStores } from './setup/context.ts'
import { cleanEnv, temporaryDir } from './setup/product.ts'

const root = join(import.meta.dirname, '..')
const { postgres, urls } = testStores()
const run = promisify(execFile)
const temporary = temporaryDir()
let projectId: string
let folder: string
let count = 0

beforeEach(async () => {
  projectId = (await mintProject()).projectId
  folder = join(temporary.path, `handbook-${count++}`, 'docs')
  mkdirSync(join(folder, 'deep/.hidden'), { recursive: true })
  writeFileSync(
    join(folder, 'returns.md'),
    '# Returns\n\nSee below.\n\n## Window\n\nYou may return a zeppelin within 30 days.\n',
  )
  writeFileSync(join(folder, 'deep/cleaning.txt'), 'Clean the gasbag with vinegar.')
  writeFileSync(join(folder, 'deep/.hidden/secret.md'), 'zeppelin password')
  writeFileSync(join(folder, 'picture.png'), 'zeppelin')
})
afterAll(() => temporary.remove())

const load = (...args: string[]) =>
  run(process.execPath, ['scripts/kb-load.ts', ...args], { cwd: root, env: cleanEnv({ DATABASE_URL: urls.postgres }) })
const search = (query: string, project = projectId) => searchKnowledge(postgres, { projectId: project, query })

it('loads a folder by the command line, in sections, and finds them by words in any form', async () => {
  const { stderr } = await load(folder, '--project', projectId)
  expect(stderr).toContain('loaded 2 documents')
  const [first, ...others] = await search('returning zeppelins')
  expect(first).toMatchObject({ path: 'returns.md', title: expect.stringContaining('Window') })
  expect(first?.snippet).toContain('30 days')
  expect(others.map(({ path }) => path)).not.toContain('picture.png')
  expect((await search('vinegar')).map(({ path }) => path)).toEqual(['deep/cleaning.txt'])
})

it('puts a folder loaded again in the place of what it held, and leaves another of the same name alone', async () => {
  await load(folder, '--project', projectId)
  const other = join(temporary.path, `other-${count++}`, 'docs')
  mkdirSync(other, { recursive: true })
  writeFileSync(join(other, 'mooring.md'), '# Mooring\n\nTie it to the mast.')
  await load(other, '--project', projectId)
  rmSync(join(folder, 'returns.md'))
  await load(folder, '--project', projectId)
  expect(await search('zeppelin')).toEqual([])
  expect(await search('vinegar')).toHaveLength(1)
  expect(await search('mast')).toHaveLength(1)
})

it('shows a project only its own documents and those for everyone', async () => {
  await load(folder, '--project', projectId)
  const another = await mintProject()
  expect(await search('zeppelin', another.projectId)).toEqual([])
})

it.each([
  [[], 'say which folder'],
  [['/nowhere/at/all'], 'cannot read the folder /nowhere/at/all'],
])('says in a sentence what is wrong with %j', async (args, sentence) => {
  await expect(load(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) })
})

it('takes any query for words, never for syntax', async () => {
  await load(folder, '--project', projectId)
  for (const query of ["'", '"', ':*&|!()<->', '\0', 'a'.repeat(10_000), '', 'zeppelin & (']) {
    expect(Array.isArray(await search(query))).toBe(true)
  }
})
