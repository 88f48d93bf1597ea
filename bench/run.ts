import { existsSync } from 'node:fs'
import { join } from 'node:path'

// `npm run bench -- ingest [seconds]`: a benchmark is a file here with a main function `bench(seconds)`.
const [name = '', seconds = '20'] = process.argv.slice(2)
const file = join(import.meta.dirname, `${name}.ts`)
if (!/^[a-z-]+$/.test(name) || name === 'run' || !existsSync(file)) {
  process.stderr.write(`there is no benchmark ${name || '(none named)'}: npm run bench -- ingest [seconds]\n`)
  process.exit(1)
}
const { bench } = (await import(file)) as { bench(seconds: number): Promise<void> }
await bench(Number(seconds))
