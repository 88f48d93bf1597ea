import { z } from 'zod'
import { readModelName } from '../model-name.ts'
import type { ArmSpec, WorkflowFlag } from './flag.ts'
import type { Fault } from './item.ts'

/** What the living workers can run. `params` is a JSON Schema; `providers` are those that every worker has a key for. */
export type Runnable = {
  count: number
  workflows: { name: string; version: string; params: unknown; prompts: Record<string, string> }[]
  providers: string[]
}

/** What of a flag's arms the workers could not run. While none is alive nothing is known, and nothing is refused. */
export function unfit(flag: Pick<WorkflowFlag, 'key' | 'control' | 'canary'>, known: Runnable): Fault[] {
  if (known.count === 0) return []
  const canary = { ...flag.canary, version: flag.canary.version ?? flag.control.version }
  return [...armFaults(flag.key, 'control', flag.control, known), ...armFaults(flag.key, 'canary', canary, known)]
}

function armFaults(name: string, arm: string, { version, model, prompts, params }: ArmSpec, known: Runnable): Fault[] {
  const versions = known.workflows.filter(workflow => workflow.name === name)
  const faults: Fault[] = model === undefined ? [] : modelFaults(arm, model, known)
  // A workflow that runs elsewhere, and only asks for its arm, is free in what it makes of it.
  if (versions.length === 0) return faults
  const workflow = version === undefined ? versions[0] : versions.find(one => one.version === version)
  if (!workflow)
    return [
      {
        path: `${arm}.version`,
        message: `no worker can run version ${version} of ${name}: there are ${list(versions)}`,
      },
    ]
  for (const prompt of Object.keys(prompts ?? {}))
    if (!Object.hasOwn(workflow.prompts, prompt))
      faults.push({ path: `${arm}.prompts.${prompt}`, message: `${name} ${workflow.version} has no prompt ${prompt}` })
  return [...faults, ...paramFaults(arm, params ?? {}, workflow.params)]
}

const list = (versions: Runnable['workflows']) => versions.map(({ version }) => version).join(', ')

function modelFaults(arm: string, name: string, { providers }: Runnable): Fault[] {
  const read = readModelName(name)
  const path = `${arm}.model`
  if ('fault' in read) return [{ path, message: read.fault }]
  if (providers.includes(read.provider)) return []
  return [{ path, message: `not every worker has a key for ${read.provider}` }]
}

function paramFaults(arm: string, params: Record<string, unknown>, schema: unknown): Fault[] {
  const parsed = schemaOf(schema)?.safeParse(params)
  if (!parsed || parsed.success) return []
  return parsed.error.issues.map(issue => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    return { path: [arm, 'params', ...issue.path, ...unknown].join('.'), message: issue.message }
  })
}

/** A schema of more than zod can read back is left to the workflow itself, which checks when a run is accepted. */
function schemaOf(schema: unknown): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    return undefined
  }
}
