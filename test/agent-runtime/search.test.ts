import { beforeAll, describe, expect, it } from 'vitest'
import { keepDocument, loadDocuments, loadFolder, searchKnowledge } from '../../db/knowledge.ts'
import { mintProject, testStores } from '../setup/context.ts'
import { temporaryDir } from '../setup/product.ts'

const { postgres } = testStores()
let projectId: string
const find = async (query: string, limit?: number) =>
  (await searchKnowledge(postgres, { projectId, query, limit })).map(({ title }) => title)

beforeAll(async () => {
  projectId = (await mintProject()).projectId
  const documents = [
    {
      path: 'kiwi.md',
      text: '# Kiwi care\n\nKiwis sleep by day.\n\n## Feeding\n\nA kiwi eats grubs and berries at night.',
    },
    { path: 'emu.md', text: '# Emu care\n\nAn emu eats seeds. It runs fast, and sleeps little.' },
  ]
  await loadDocuments(postgres, { source: 'birds', projectId, documents })
})

describe('a search', () => {
  it('finds the sections that hold all words first, then those that hold some', async () => {
    const [first, ...others] = await find('what does a kiwi eat?')
    expect(first).toBe('Kiwi care › Feeding')
    expect(others.sort()).toEqual(['Emu care', 'Kiwi care'])
    expect(await find('axolotl')).toEqual([])
    expect(await find('the of')).toEqual([])
    expect(await find('sleeping emu', 1)).toEqual(['Emu care'])
  })

  it('means what quotes and minus say', async () => {
    expect(await find('"eats seeds"')).toEqual(['Emu care'])
    expect(await find('eats -seeds')).toEqual(['Kiwi care › Feeding'])
    expect(await find('"seeds eats"')).toEqual([])
  })

  it('answers where a section stands, and what of it matches', async () => {
    const [found] = await searchKnowledge(postgres, { projectId, query: 'grubs' })
    expect(found).toMatchObject({ source: 'birds', path: 'kiwi.md', section: 1 })
    expect(found?.snippet).toContain('grubs and berries')
    expect(found?.score).toBeGreaterThan(0)
  })
})

it('keeps a document once under its path', async () => {
  const document = { projectId, source: 'summaries', path: 's/1.md', title: 'Moa' }
  for (const content of ['The moa is gone.', 'Another text.']) await keepDocument(postgres, { ...document, content })
  const found = await searchKnowledge(postgres, { projectId, query: 'moa' })
  expect(found.map(({ content }) => content)).toEqual(['The moa is gone.'])
})

it('says that a folder holds nothing to load', async () => {
  const folder = temporaryDir()
  const loading = loadFolder(postgres, { source: 'x', folder: folder.path, projectId })
  await expect(loading).rejects.toThrow('holds no Markdown or text files')
  folder.remove()
})
