import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Counts } from '../test/ingest/fuzz/run.ts'

export const defaultAmount = 200_000

const hangsAfterMs = 20_000
const mostGrownMb = 300

type Result = { counts?: Counts; grownMb?: number; failure?: string }

/**
 * Tries so many mutated requests (protobuf and JSON, traces and logs) on the decoders, the mapping and the column writer:
 * each must be rejected in a sentence or taken, as protobufjs takes it where that accepts it too. An input that fails is
 * written to a file with its seed, one that hangs is told by its number, and memory that grows fails the whole.
 */
export async function bench(inputs: number) {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
  const at = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(join(import.meta.dirname, 'fuzz-worker.ts'), { workerData: { seed, inputs, at } })
  const began = performance.now()
  const result = await new Promise<Result>((resolve, reject) => {
    let last = -1
    const watch = setInterval(() => {
      const now = Atomics.load(at, 0)
      if (now === last && now < inputs - 1) resolve({ failure: `input ${now} does not end (seed ${seed})` })
      last = now
    }, hangsAfterMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => clearInterval(watch))
  })
  await worker.terminate()
  if (result.failure) throw new Error(result.failure)
  const seconds = (performance.now() - began) / 1000
  const rows = Object.entries(result.counts ?? {}).map(([inputs, { bytes, mostMs, ...verdicts }]) => ({
    inputs,
    ...verdicts,
    MB: Math.round(bytes / 1e6),
    'slowest ms': Math.round(mostMs),
  }))
  console.table(rows)
  console.log(
    `${inputs} inputs of seed ${seed} in ${Math.round(seconds)} s; resident memory grew by ${result.grownMb} MB`,
  )
  if ((result.grownMb ?? 0) > mostGrownMb) throw new Error(`memory grew by more than ${mostGrownMb} MB`)
}
