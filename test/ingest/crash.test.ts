import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { temporaryDir } from '../setup/product.ts'
import { crashRounds, nothingLostOrDoubled } from './crash-rounds.ts'

const folder = temporaryDir()
afterAll(folder.remove)

it('a loaded ingest killed five times has every acknowledged span once, in spans and in the sums of traces', async () => {
  const findings = await crashRounds({ kills: 5, seed: 7, dataDir: join(folder.path, 'data') })
  expect(findings).toMatchObject(nothingLostOrDoubled(findings))
  expect(findings.acknowledged).toBeGreaterThan(200)
  expect(findings.retries).toBeGreaterThan(0)
}, 240_000)

it('and so has one that takes thousands of spans a second, which it answers before they are inserted', async () => {
  const findings = await crashRounds({ kills: 3, seed: 8, dataDir: join(folder.path, 'heavy'), spansEach: 800 })
  expect(findings).toMatchObject(nothingLostOrDoubled(findings))
  expect(findings.acknowledged).toBeGreaterThan(5_000)
  expect(findings.retries).toBeGreaterThan(0)
}, 240_000)
