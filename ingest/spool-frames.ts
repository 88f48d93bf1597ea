import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

export const headerBytes = 8

/** A payload, in parts that need not be copied, behind its length and checksum, so that a torn or damaged one is known. */
export function frame(parts: readonly Buffer[]): readonly Buffer[] {
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt32LE(bytesOf(parts), 0)
  header.writeUInt32LE(
    parts.reduce((sum, part) => crc32(part, sum), 0),
    4,
  )
  return [header, ...parts]
}

export const bytesOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0)

/**
 * The frame at a place of a file of `size` bytes, and where the next one begins. Without a payload when that is damaged;
 * undefined at the end, or where what was being written when the process died stops short.
 */
export async function readFrame(
  file: FileHandle,
  at: number,
  size: number,
): Promise<{ payload?: Buffer; end: number } | undefined> {
  const header = await readBytes(file, at, headerBytes)
  if (!header) return undefined
  const length = header.readUInt32LE(0)
  const end = at + headerBytes + length
  if (length === 0 || end > size) return undefined
  const payload = await readBytes(file, at + headerBytes, length)
  if (!payload) return undefined
  return crc32(payload) === header.readUInt32LE(4) ? { payload, end } : { end }
}

async function readBytes(file: FileHandle, at: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read)
    if (bytesRead === 0) return undefined
    read += bytesRead
  }
  return bytes
}
