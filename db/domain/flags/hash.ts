const bytes = new TextEncoder()

/** MurmurHash3 x86 32 of a text's UTF-8 bytes, unsigned (Austin Appleby, public domain). */
export function murmur3(text: string, seed = 0): number {
  const data = bytes.encode(text)
  const blocks = data.length & ~3
  let hash = seed
  for (let at = 0; at < blocks; at += 4) {
    const block = byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24)
    hash ^= scramble(block)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let at = data.length - 1; at >= blocks; at--) tail = (tail << 8) | byte(data, at)
  if (blocks < data.length) hash ^= scramble(tail)
  hash ^= data.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const byte = (data: Uint8Array, at: number) => data[at] ?? 0

function scramble(block: number) {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

/** Steps of 0.01 %. */
export const buckets = 10_000

/**
 * The bucket 0..9999 of a unit: `(h * 10000) >> 32` of the hash of `salt:unit`, without modulo bias. The product stays
 * below 2^53, so the division is exact.
 */
export const bucketOf = (salt: string, unit: string): number =>
  Math.floor((murmur3(`${salt}:${unit}`) * buckets) / 2 ** 32)
