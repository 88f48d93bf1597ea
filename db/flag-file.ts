import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type HeldItem, holdItem, storedItem } from './flag-items.ts'
import type { Logger } from './log.ts'

const content = z.object({ v: z.literal(1), items: z.array(storedItem) })
const fileIn = (dataDir: string) => join(dataDir, 'flags.json')

/** Keeps the last known flags on disk, for a start without the database: soon after a change, once for several. */
export function keepFlags({ dataDir, log, writeMs }: { dataDir: string; log: Logger; writeMs: number }) {
  let timer: NodeJS.Timeout | undefined
  let latest: (() => HeldItem[]) | undefined
  async function write() {
    clearTimeout(timer)
    timer = undefined
    const items = latest?.()
    latest = undefined
    if (!items) return
    await writeFlagFile(dataDir, items).catch(error => log.debug('flags are not kept on disk', { error }))
  }
  return {
    keep(items: () => HeldItem[]) {
      latest = items
      timer ??= setTimeout(() => void write(), writeMs).unref()
    },
    flush: write,
  }
}

/**
 * Whole or not at all: written beside it, then renamed. Processes on one data directory write the same, so that the last
 * one may win.
 */
async function writeFlagFile(dataDir: string, items: readonly HeldItem[]): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const kept = items.map(({ read: _, ...stored }) => stored)
  const beside = `${fileIn(dataDir)}.${process.pid}`
  // Private: prompts may be among it.
  await writeFile(beside, JSON.stringify({ v: 1, items: kept } satisfies z.input<typeof content>), { mode: 0o600 })
  await rename(beside, fileIn(dataDir))
}

/** What was kept last; undefined when there is nothing, or nothing that can be read. */
export async function readFlagFile(dataDir: string): Promise<HeldItem[] | undefined> {
  try {
    return content.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8'))).items.map(holdItem)
  } catch {
    return undefined
  }
}
