import { nextTurn } from './domain/flags/activity.ts'
import type { Flag } from './domain/flags/flag.ts'
import type { FlagSet } from './domain/flags/flag-set.ts'
import type { AiSwitch } from './domain/flags/item.ts'
import { type HeldItem, setOf } from './flag-items.ts'

/** Whose flags have changed: those of some projects, or of all. */
export type Changed = ReadonlySet<string> | 'all'

export const concerns = (changed: Changed, projectId: string) => changed === 'all' || changed.has(projectId)

const isOlder = ({ version }: HeldItem, held: HeldItem | undefined) => held !== undefined && version < held.version

/** The flags of all projects as of a version; sets are put together when first asked for. */
export class HeldFlags {
  version = 0
  private projects = new Map<string, Map<string, HeldItem>>()
  private sets = new Map<string, FlagSet>()
  private installation: HeldItem | undefined

  /** Takes in items that changed, the later ones last; one that came late, from before what is held, changes nothing. */
  apply(items: readonly HeldItem[]): Changed {
    const changed = new Set<string>()
    let all = false
    for (const item of items) {
      this.version = Math.max(this.version, item.version)
      if (item.projectId === null) {
        if (isOlder(item, this.installation)) continue
        this.installation = item
        all = true
        continue
      }
      const project = this.projects.get(item.projectId) ?? new Map<string, HeldItem>()
      const place = `${item.kind} ${item.key}`
      if (isOlder(item, project.get(place))) continue
      changed.add(item.projectId)
      this.projects.set(item.projectId, project.set(place, item))
      this.sets.delete(item.projectId)
    }
    if (all) this.sets.clear()
    return all ? 'all' : changed
  }

  set(projectId: string): FlagSet {
    const known = this.sets.get(projectId)
    if (known) return known
    const switched = this.installation?.read as AiSwitch | undefined
    const made = setOf(projectId, this.projects.get(projectId)?.values() ?? [], switched)
    // A project that has none is not kept: ids come from outside.
    if (this.projects.has(projectId)) this.sets.set(projectId, made)
    return made
  }

  items(): HeldItem[] {
    const own = [...this.projects.values()].flatMap(project => [...project.values()])
    return this.installation ? [...own, this.installation] : own
  }

  /** When flags next begin or end to decide by themselves, and whose. */
  nextTurn(now: Date): { at: number; projects: Set<string> } | undefined {
    let next: { at: number; projects: Set<string> } | undefined
    for (const [projectId, project] of this.projects) {
      for (const { kind, read } of project.values()) {
        const at = kind === 'flag' && read ? nextTurn(read as Flag, now) : undefined
        if (at === undefined || (next && at > next.at)) continue
        if (next?.at === at) next.projects.add(projectId)
        else next = { at, projects: new Set([projectId]) }
      }
    }
    return next
  }
}
