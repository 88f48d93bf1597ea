import { existsSync } from 'node:fs'
import { join } from 'node:path'

// `npm run bench -- ingest [seconds]`: a benchmark is a file here with a main function `bench(amount)`, the amount being
// what it measures with: seconds, simulations, traces.
const [name = '', amount] = process.argv.slice(2)
const file = join(import.meta.dirname, `${name}.ts`)
if (!/^[a-z-]+$/.test(name) || name === 'run' || !existsSync(file)) {
  process.stderr.write(`there is no benchmark ${name || '(none named)'}: npm run bench -- ingest [seconds]\n`)
  process.exit(1)
}
const { bench, defaultAmount = 20 } = (await import(file)) as {
  bench(amount: number): Promise<void>
  defaultAmount?: number
}
await bench(amount === undefined ? defaultAmount : Number(amount))
