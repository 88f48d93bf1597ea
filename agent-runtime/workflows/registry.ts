import type { KnownWorkflow } from '../../db/flag-schema.ts'
import type { Workflow } from '../workflow.ts'

/** The workflows of this process, several versions of a name side by side. */
export class Workflows {
  private readonly byName = new Map<string, Workflow[]>()

  /** Throws when the same version is there already. */
  add(workflow: Workflow) {
    const versions = this.byName.get(workflow.name) ?? []
    if (versions.some(({ version }) => version === workflow.version))
      throw new Error(`${workflow.name} version ${workflow.version} is there already`)
    this.byName.set(workflow.name, [...versions, workflow].sort(byVersion))
  }

  /**
   * A version of a workflow. Without one, the first: a version that is added changes nothing for anybody until a flag
   * says so.
   */
  find(name: string, version?: string): Workflow | undefined {
    const versions = this.byName.get(name) ?? []
    return version === undefined ? versions[0] : versions.find(workflow => workflow.version === version)
  }

  versions(name: string): Workflow[] {
    return this.byName.get(name) ?? []
  }

  names(): string[] {
    return [...this.byName.keys()]
  }

  /** All of them, as the dashboard is told. */
  known(): KnownWorkflow[] {
    return [...this.byName.values()].flat().map(({ name, version, description, paramsSchema, prompts }) => ({
      name,
      version,
      description,
      params: paramsSchema,
      prompts,
    }))
  }
}

const byVersion = (a: Workflow, b: Workflow) => a.version.localeCompare(b.version, 'en', { numeric: true })
