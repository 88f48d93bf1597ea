// `npm test`: each step in turn, the first failure ends it. `npm test -- unit` runs the named steps only.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const steps = {
  lint: ['biome', 'check', '.'],
  typecheck: ['tsc', '-p', '.'],
  unit: ['vitest', 'run', '--project', 'unit'],
  integration: ['vitest', 'run', '--project', 'integration'],
  e2e: ['vitest', 'run', '--project', 'e2e'],
}

// The tests start this program and its parts a few hundred times: none needs to compile what another has.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compile')

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps)
for (const name of chosen) {
  if (!steps[name]) fail(`unknown step ${name}: choose from ${Object.keys(steps).join(', ')}`)
  const began = Date.now()
  process.stderr.write(`\n== ${name}\n`)
  const [command, ...args] = steps[name]
  const done = spawnSync(command, args, { stdio: 'inherit' })
  if (done.status !== 0) fail(`${name} failed`)
  process.stderr.write(`== ${name} passed in ${Math.round((Date.now() - began) / 1000)} s\n`)
}

function fail(text) {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
