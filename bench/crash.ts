import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { crashRounds, nothingLostOrDoubled } from '../test/ingest/crash-rounds.ts'

/** Kills a loaded ingest process so many times at random moments, and tells whether anything was lost or doubled. */
export async function bench(kills: number) {
  for (const spansEach of [20, 800]) await killed(kills, spansEach)
}

async function killed(kills: number, spansEach: number) {
  const folder = mkdtempSync(join(tmpdir(), 'davylamp-crash-'))
  const seed = Date.now() % 100_000
  try {
    const findings = await crashRounds({ kills, seed, spansEach, dataDir: join(folder, 'data') })
    const must = nothingLostOrDoubled(findings)
    const { kills: _, journalled: __, retries, ...stored } = findings
    console.table([{ 'spans a request': spansEach, seed, ...findings }])
    if (!isDeepStrictEqual(stored, must))
      throw new Error(`spans were lost or doubled after ${retries} retries (seed ${seed})`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
