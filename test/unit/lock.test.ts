import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

type Entry = { version: string; resolved?: string } & Partial<Record<'dependencies' | 'optionalDependencies', object>>
const file = join(import.meta.dirname, '../../package-lock.json')
const packages: Record<string, Entry> = JSON.parse(readFileSync(file, 'utf8')).packages

/** Whether a package finds another where Node looks for it. */
function finds(from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at && `${at}/`}node_modules/${name}`]) return true
    if (!at) return false
  }
}

it('names no registry, so that packages come from the one that is set', () => {
  expect(Object.keys(packages).filter(path => packages[path]?.resolved)).toEqual([])
})

it('has all that its packages ask for, also for machines other than the one it was written on, as npm ci demands', () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(name => !finds(path, name))
      .map(name => `${path}: ${name}`),
  )
  expect(missing).toEqual([])
})
