import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { defineWorkflow } from '../../agent-runtime/workflow.ts'
import { loadWorkflows } from '../../agent-runtime/workflows/load.ts'
import { temporaryDir } from '../setup/product.ts'

const folders: { remove(): void }[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove()
})

function folderWith(files: Record<string, string>): string {
  const folder = temporaryDir()
  folders.push(folder)
  const path = join(folder.path, 'workflows')
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

const echo = (name: string) => `
  export default ({ defineWorkflow, z, langgraph }) => defineWorkflow({
    name: '${name}', version: '1', description: 'Says it again.',
    input: z.object({ text: z.string() }),
    graph: () => new langgraph.StateGraph(langgraph.Annotation.Root({ text: langgraph.Annotation() })),
    fallback: async ({ text }) => ({ text }),
  })`

it('knows the built-in workflow', async () => {
  expect((await loadWorkflows({})).names()).toEqual(['analyze'])
})

it('loads those of a folder, also several of one file, and leaves other files alone', async () => {
  const workflowsDir = folderWith({
    'echo.mjs': echo('echo'),
    'two.mjs': `${echo('one')}\nexport const second = undefined`,
    'README.md': '# no module',
    'echo.test.mjs': 'throw new Error("a test is not loaded")',
  })
  const workflows = await loadWorkflows({ workflowsDir })
  expect(workflows.names()).toEqual(['analyze', 'echo', 'one'])
  expect(workflows.find('echo')?.inputSchema).toMatchObject({ type: 'object', required: ['text'] })
})

it('keeps several versions of one name side by side, of which the first serves until a flag says otherwise', async () => {
  const versions = ['10', '2', '9'].map((version): [string, string] => [
    `v${version}.mjs`,
    echo('echo').replace("version: '1'", `version: '${version}'`),
  ])
  const workflows = await loadWorkflows({ workflowsDir: folderWith(Object.fromEntries(versions)) })
  expect(workflows.versions('echo').map(({ version }) => version)).toEqual(['2', '9', '10'])
  expect([workflows.find('echo')?.version, workflows.find('echo', '10')?.version]).toEqual(['2', '10'])
  expect(workflows.find('echo', '3')).toBeUndefined()
})

it.each([
  [
    'a module that throws',
    'broken.mjs',
    'throw new Error("no database")',
    /cannot load the workflow .*broken\.mjs: no database/,
  ],
  [
    'a module without a workflow',
    'empty.mjs',
    'export const a = 1',
    /empty\.mjs: it exports no workflow made by defineWorkflow/,
  ],
  [
    'a name that is taken',
    'again.mjs',
    echo('analyze'),
    /again\.mjs defines analyze version 1, which is there already/,
  ],
  [
    'a workflow without a fallback',
    'half.mjs',
    echo('half').replace(/fallback.*/, ''),
    /half\.mjs: workflow half cannot be used: fallback must be a function: a workflow answers without a model too/,
  ],
  ['a syntax error', 'typo.mjs', 'export default (', /cannot load the workflow .*typo\.mjs/],
])('names the file of %s', async (_, file, text, sentence) => {
  await expect(loadWorkflows({ workflowsDir: folderWith({ [file]: text }) })).rejects.toThrow(sentence)
})

it('names a folder that is not there', async () => {
  await expect(loadWorkflows({ workflowsDir: '/nowhere/workflows' })).rejects.toThrow(
    'cannot read WORKFLOWS_DIR /nowhere/workflows: ENOENT',
  )
})

it('says what a definition lacks', () => {
  const good = {
    name: 'x',
    version: '1',
    description: '',
    input: z.object({}),
    graph: () => ({}) as never,
    fallback: async () => ({}),
  }
  expect(defineWorkflow(good).durability).toBe('sync')
  expect(() => defineWorkflow({ ...good, name: 'my flow' })).toThrow(
    'workflow my flow cannot be used: name must be letters, digits, - and _',
  )
  expect(() => defineWorkflow({ ...good, version: '', input: {} as never })).toThrow(
    /version must not be empty; input must be a zod schema/,
  )
  const wanting = { ...good, params: z.object({ depth: z.number() }) }
  expect(() => defineWorkflow(wanting)).toThrow('workflow x cannot be used: params must give every parameter a default')
})
