import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bodyLimits, freeInflated, inflateBody } from '../../../ingest/body.ts'
import { ByteBudget } from '../../../ingest/byte-budget.ts'

describe('a gzip body', () => {
  it.each([100_000, 1 << 20, 5 << 20])('of %i bytes is inflated into one buffer, and freed at once', async size => {
    const plain = randomBytes(size)
    const inflated = await inflateBody(gzipSync(plain), 'gzip', bodyLimits, new ByteBudget(1 << 30).share())
    expect(inflated.equals(plain)).toBe(true)
    // A full buffer would have made zlib take another of the same size, and that one nobody frees.
    expect(inflated.buffer.byteLength).toBe(size + 1)
    freeInflated(inflated)
    expect(inflated.length).toBe(0)
  })
})
