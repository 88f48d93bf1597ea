import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { type Counts, Failure, fuzz } from '../test/ingest/fuzz/run.ts'

/** Tries inputs one after another, saying at which it is in shared memory, so that one that never ends is known. */
const { seed, inputs, at } = workerData as { seed: number; inputs: number; at: Int32Array }
const counts: Counts = {}
const resting = 200
let resident = 0
try {
  for (let from = 0; from < inputs; from += 1_000) {
    fuzz(seed, from, Math.min(from + 1_000, inputs), counts, number => Atomics.store(at, 0, number))
    if (from === Math.floor(inputs / 5_000) * 1_000) resident = process.memoryUsage().rss
    await new Promise(resolve => setTimeout(resolve, from % 50_000 === 0 ? resting : 0))
  }
  const grownMb = Math.round((process.memoryUsage().rss - resident) / 1e6)
  parentPort?.postMessage({ counts, grownMb })
} catch (error) {
  if (!(error instanceof Failure)) throw error
  const { mutant, number } = error
  const file = join(tmpdir(), `fuzz-${seed}-${number}.${mutant.encoding === 'json' ? 'json' : 'bin'}`)
  writeFileSync(file, mutant.bytes)
  parentPort?.postMessage({ failure: `${error.message}\nThe input is in ${file} (seed ${seed}, number ${number}).` })
}
