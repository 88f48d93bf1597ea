import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as messages from '@langchain/core/messages'
import * as tools from '@langchain/core/tools'
import * as langgraph from '@langchain/langgraph'
import { z } from 'zod'
import type { Config } from '../../db/config.ts'
import { idempotencyKey, runToolCall } from '../tool-call.ts'
import { defineWorkflow, isWorkflow, type Workflow } from '../workflow.ts'
import { analyze } from './analyze/workflow.ts'
import { Workflows } from './registry.ts'

/**
 * What a module outside of this package is handed, so that it shares our copies of these libraries:
 * `export default ({ defineWorkflow, z, langgraph }) => defineWorkflow({ ... })`.
 */
export const workflowKit = { defineWorkflow, runToolCall, idempotencyKey, z, langgraph, messages, tools }
export type WorkflowKit = typeof workflowKit

const modules = new Set(['.ts', '.mts', '.js', '.mjs'])

/** The built-in workflows and those of `workflowsDir`. Throws a sentence that names the file at fault. */
export async function loadWorkflows({ workflowsDir }: Pick<Config, 'workflowsDir'>): Promise<Workflows> {
  const loaded = new Workflows()
  loaded.add(analyze)
  if (!workflowsDir) return loaded
  const files = await readdir(workflowsDir).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot read WORKFLOWS_DIR ${workflowsDir}: ${error.code ?? error.message}`)
  })
  for (const file of files.filter(name => modules.has(extname(name)) && !/\.(d|test)\.\w+$/.test(name)).sort()) {
    for (const workflow of await loadModule(join(workflowsDir, file))) {
      if (loaded.find(workflow.name, workflow.version))
        throw new Error(
          `${join(workflowsDir, file)} defines ${workflow.name} version ${workflow.version}, which is there already`,
        )
      loaded.add(workflow)
    }
  }
  return loaded
}

async function loadModule(path: string): Promise<Workflow[]> {
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(path).href)
    const made = typeof module.default === 'function' ? await module.default(workflowKit) : module.default
    const found = [...new Set([made, ...Object.values(module)].flat())].filter(isWorkflow)
    if (found.length === 0) throw new Error('it exports no workflow made by defineWorkflow')
    return found
  } catch (error) {
    throw new Error(`cannot load the workflow ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
