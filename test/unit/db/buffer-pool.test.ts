import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BufferPool } from '../../../db/buffer-pool.ts'
import { ByteWriter } from '../../../db/byte-writer.ts'

const memory = (buffer: Buffer) => buffer.buffer

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('gives what was given back to one only', () => {
  const pool = new BufferPool()
  const first = pool.take(100_000)
  pool.give(first.subarray(0, 7))
  const again = pool.take(120_000)
  expect(memory(again)).toBe(memory(first))
  expect(again.length).toBeGreaterThanOrEqual(120_000)
  expect(memory(pool.take(120_000))).not.toBe(memory(first))
})

it('gives no buffer that is too small', () => {
  const pool = new BufferPool()
  pool.give(pool.take(70_000))
  for (const size of [1, 65_536, 65_537, 131_073, 3_000_000])
    expect(pool.take(size).length).toBeGreaterThanOrEqual(size)
})

it('keeps no more than its limit', () => {
  const pool = new BufferPool({ limit: 1 << 17 })
  const [a, b] = [pool.take(1 << 17), pool.take(1 << 17)]
  pool.give(a)
  pool.give(b)
  expect(memory(pool.take(1 << 17))).toBe(memory(a))
  expect(memory(pool.take(1 << 17))).not.toBe(memory(b))
})

it('forgets all when nobody comes for long', () => {
  const pool = new BufferPool({ idleMs: 1_000 })
  const buffer = pool.take(1)
  pool.give(buffer)
  vi.advanceTimersByTime(999)
  expect(memory(pool.take(1))).toBe(memory(buffer))
  pool.give(buffer)
  vi.advanceTimersByTime(1_000)
  expect(memory(pool.take(1))).not.toBe(memory(buffer))
})

it('takes no memory that is not of its making', () => {
  const pool = new BufferPool()
  const foreign = Buffer.alloc(100_000)
  pool.give(foreign)
  expect(memory(pool.take(100_000))).not.toBe(memory(foreign))
})

it('gets back what a writer has outgrown, and the writer keeps what it wrote', () => {
  const pool = new BufferPool()
  const out = new ByteWriter(10, pool)
  const text = 'x'.repeat(50_000)
  for (let round = 0; round < 10; round++) out.text(text)
  const written = out.written()
  const outgrown = pool.take(1).fill(0)
  expect(memory(outgrown)).not.toBe(memory(written))
  expect(written.filter(byte => byte === 0x78).length).toBe(500_000)
})
